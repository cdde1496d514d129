"""Python as people paste it from notes, made into Python that runs.

Notes carry prompts, line numbers, a blank before a line, typographers' quotes and dashes. What is
valid Python as it stands is never touched, nor is what stands in quotes; of the repairs only those
that are needed are made. Lines keep their numbers.
"""

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import unescape

LONGEST = 200_000
"""Characters; a longer text is left as it is."""
LOOKED_BACK = 60
"""Lines that are looked at to tell whether a statement goes on."""
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
DASHES = re.compile("[\u2010-\u2015\u2212]")
DOUBLE = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"
SINGLE = "\u2018\u2019\u201a\u201b\u00b4\u2032\uff07"
SHELL = re.compile(r"^[ \t]*>>> ?"), re.compile("^[ \t]*(?:\\.\\.\\.|\u2026)(?: |$)")
IPYTHON = re.compile(r"^[ \t]*In ?\[ ?\d* ?\]: ?"), re.compile(r"^[ \t]*\.{3,}: ?")
IPYTHON_OUT = re.compile(r"^[ \t]*Out ?\[ ?\d* ?\]:")
NUMBERED = re.compile(r"^[ \t]*(\d{1,4})(?:[:.|)] ?|[ \t]|$)(.*)$")
FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*[A-Za-z0-9]{0,20}[ \t]*")
OPENER = re.compile(
    r"^(?:[^\n'\"]{0,200}[$#>%])?[ \t]*"
    r"(?:(?:winpty |sudo )?docker(?:-|[ \t]+)compose(?:\.exe)?[ \t]+exec[ \t][^\n'\"]{0,100}?)?"
    r"(?<!\S)pyspark[ \t]*"
)
"""What a shell is told to open pyspark."""
ENTITY = re.compile(r"&(?:gt|lt|amp|quot|apos|nbsp|#39|#34|#x27);")
CONTINUED = re.compile(r"\\[ \t]+$", re.MULTILINE)
QUOTED = re.compile(
    r"\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}"
    r"|\"(?:[^\"\\\r\n]|\\.)*\"|'(?:[^'\\\r\n]|\\.)*'|#[^\r\n]*",
    re.DOTALL,
)
"""Texts in Python's quotes, and comments."""

Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Pasted:
    """The text that runs, and in words what was changed of the one that was given."""

    text: str
    changes: tuple[str, ...] = ()


def mended(text: str) -> Pasted:
    """The text itself if it is Python; else what it becomes without a paste's marks.

    Where it can't be made Python it is mended only if Python then reads further: what is wrong
    besides is the student's own.
    """
    if len(text) > LONGEST or is_python(text):
        return Pasted(text)
    found = text
    made: list[tuple[Change, str]] = []
    for repair in REPAIRS:
        changed = repair[0](found)
        if changed == found:
            continue
        found, made = changed, [*made, repair]
        if is_python(found):
            return needed(text, made)
    words = dict.fromkeys(word for _, word in made)
    return Pasted(found, tuple(words)) if breaks_at(found) > breaks_at(text) else Pasted(text)


def needed(text: str, made: Sequence[tuple[Change, str]]) -> Pasted:
    """The text with those of the repairs without which it is no Python."""
    for at in reversed(range(len(made))):
        fewer = [*made[:at], *made[at + 1 :]]
        if is_python(applied(text, fewer)):
            made = fewer
    return Pasted(applied(text, made), tuple(dict.fromkeys(word for _, word in made)))


def applied(text: str, made: Sequence[tuple[Change, str]]) -> str:
    """The text after these repairs."""
    for repair, _ in made:
        text = repair(text)
    return text


def is_python(text: str) -> bool:
    """Whether Python can read it."""
    return breaks_at(text) == 0


def breaks_at(text: str) -> int:
    """The line at which Python stops reading; 0 when it reads all."""
    mistake = mistake_in(text)
    return 0 if mistake is None else mistake.lineno or 1


def mistake_in(text: str) -> SyntaxError | None:
    """Why Python can't read it; None when it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error))
    return None


def with_plain_quotes(text: str) -> str:
    """Typographers' quotes around a text become Python's; those within one stay."""
    return "".join(pieces_in_plain_quotes(text))


def pieces_in_plain_quotes(text: str) -> Iterator[str]:
    """Yield the text, piece by piece."""
    at = 0
    while at < len(text):
        if whole := QUOTED.match(text, at):
            yield whole[0]
            at = whole.end()
        elif end := end_of_text(text, at):
            yield in_quotes(text[at + 1 : end], '"' if text[at] in DOUBLE else "'")
            at = end + 1
        else:
            yield text[at]
            at += 1


def end_of_text(text: str, begin: int) -> int:
    """Where the quote is that ends a text begun by a typographer's; 0 if its line has none."""
    if text[begin] not in DOUBLE + SINGLE:
        return 0
    closing, at = DOUBLE + '"' if text[begin] in DOUBLE else SINGLE + "'", begin + 1
    while at < len(text) and text[at] not in "\r\n":
        around = text[at - 1] + text[at + 1 : at + 2]
        is_apostrophe = text[at] in SINGLE and len(around) == 2 and around.isalnum()
        if text[at] in closing and not is_apostrophe:
            return at
        at += 2 if text[at] == "\\" else 1
    return 0


def in_quotes(inside: str, quote: str) -> str:
    """A text in Python's quotes, in the others if it holds these."""
    if quote in inside:
        quote = "'" if quote == '"' else '"'
    return f"{quote}{inside}{quote}"


def outside_quotes(change: Change, quoted: re.Pattern[str] = QUOTED) -> Change:
    """A change of what is not in quotes; by Python's rule it is no comment either."""

    def changed(text: str) -> str:
        made, at = [], 0
        for found in quoted.finditer(text):
            made += [change(text[at : found.start()]), found[0]]
            at = found.end()
        return "".join([*made, change(text[at:])])

    return changed


def lines_outside_quotes(change: Change) -> Change:
    """A change of every line that does not begin within quotes."""

    def changed(text: str) -> str:
        kept: set[int] = set()
        for found in QUOTED.finditer(text):
            first = text.count("\n", 0, found.start())
            kept |= set(range(first + 1, first + found[0].count("\n") + 1))
        lines = text.split("\n")
        return "\n".join(
            line if at in kept or not line.strip() else change(line)
            for at, line in enumerate(lines)
        )

    return changed


def without_fences(text: str) -> str:
    """Without the lines between which Markdown has code."""
    return lines_outside_quotes(lambda line: "" if FENCE.fullmatch(line) else line)(text)


def without_opener(text: str) -> str:
    """Without the shell's command that opens pyspark, if the text begins with it."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if OPENER.fullmatch(lines[first]):
        lines[first] = ""
    return "\n".join(lines)


def without_prompts(text: str) -> str:
    """Without `>>> `, `... ` and `In [1]: `; what was printed between them becomes empty lines."""
    lines = text.split("\n")
    for first, more in (SHELL, IPYTHON):
        begin = next((at for at, line in enumerate(lines) if first.match(line)), None)
        if begin is None:
            continue
        typed = typed_lines(lines[begin:], first, more)
        whole = "\n".join([*lines[:begin], *typed])
        # Above the first prompt there may be lines of the student's, or a shell's greeting.
        return whole if is_python(whole) else "\n".join([*[""] * begin, *typed])
    return "\n".join(SHELL[1].sub("", line) for line in lines)


def typed_lines(lines: list[str], first: re.Pattern[str], more: re.Pattern[str]) -> list[str]:
    """What was typed of a shell's text."""
    made: list[str] = []
    for line in lines:
        found = first.match(line) or more.match(line)
        if found:
            made.append(line[found.end() :])
        else:
            # A line without a prompt was printed, unless what was typed goes on in it.
            is_typed = not IPYTHON_OUT.match(line) and goes_on(made)
            made.append(line if is_typed else "")
    return made


def goes_on(made: list[str]) -> bool:
    """Whether the last statement typed is not yet at its end."""
    recent = made[-LOOKED_BACK:]
    return not any(is_python("\n".join(recent[at:])) for at in reversed(range(len(recent))))


def without_numbers(text: str) -> str:
    """Without the line numbers that a listing has, if every line has one and they count up."""
    lines = text.split("\n")
    found = [NUMBERED.match(line) for line in lines if line.strip()]
    numbers = [int(each[1]) for each in found if each]
    if len(numbers) < 2 or len(numbers) < len(found):
        return text
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return text
    return without_margin("\n".join(NUMBERED.sub(r"\2", line) for line in lines))


def without_margin(text: str) -> str:
    """Without the blanks that all lines begin with."""
    written = [each for each in text.split("\n") if each.strip()]
    margin = min((len(each) - len(each.lstrip(" \t")) for each in written), default=0)
    return lines_outside_quotes(lambda line: line[margin:])(text)


def without_indents(text: str) -> str:
    """Without the blanks before lines that Python does not expect there."""
    lines = text.split("\n")
    for _ in range(min(len(lines), 1000)):
        mistake = mistake_in("\n".join(lines))
        if not isinstance(mistake, IndentationError) or mistake.msg != "unexpected indent":
            break
        at = (mistake.lineno or 1) - 1
        if at >= len(lines) or lines[at] == lines[at].lstrip(" \t"):
            break
        lines[at] = lines[at].lstrip(" \t")
    return "\n".join(lines)


def with_spaces(text: str) -> str:
    """Tabs at the beginning of lines as eight columns or as four, whichever Python can read."""
    for width in (8, 4):
        changed = lines_outside_quotes(partial(expanded, width=width))(text)
        if is_python(changed):
            return changed
    return text


def expanded(line: str, width: int) -> str:
    """A line whose beginning has no tabs."""
    rest = line.lstrip(" \t")
    return line[: len(line) - len(rest)].expandtabs(width) + rest


REPAIRS: tuple[tuple[Change, str], ...] = (
    (lambda text: text.replace("\r\n", "\n").replace("\r", "\n"), "line ends"),
    (without_fences, "Markdown's fences"),
    (lambda text: ENTITY.sub(lambda found: unescape(found[0]), text), "signs of HTML"),
    (with_plain_quotes, "curly quotes"),
    (outside_quotes(lambda code: code.translate(INVISIBLE)), "invisible characters"),
    (outside_quotes(lambda code: SPACES.sub(" ", code)), "odd spaces"),
    (without_opener, "the command that opens pyspark"),
    (without_prompts, "prompts"),
    (without_numbers, "line numbers"),
    (outside_quotes(lambda code: DASHES.sub("-", code)), "long dashes"),
    (outside_quotes(lambda code: CONTINUED.sub(r"\\", code)), "blanks after a backslash"),
    (without_margin, "blanks before lines"),
    (without_indents, "blanks before lines"),
    (with_spaces, "tabs"),
)
"""In the order in which they are tried, with the words for what they change."""
