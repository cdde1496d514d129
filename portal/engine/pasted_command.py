"""A shell's command as people paste it from notes, made into one that can be read.

Notes carry prompts, line numbers, typographers' quotes and dashes, a blank after a backslash, the
paths and signs of Windows. What stands in quotes is left, but for a path of one's own machine.
"""

import re

from portal.engine import pasted
from portal.engine.lab.command import Command
from portal.engine.pasted import DASHES, INVISIBLE, SPACES, Change, Pasted, with_plain_quotes
from portal.engine.programs import in_shell

QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
"""Texts in a shell's quotes."""
COMPOSE = re.compile(
    r"(?:(?:sudo|winpty)[ \t]+)*"
    r"(?:\"[^\"\n]{0,200}docker-compose(?:\.exe)?\""
    r"|(?:[A-Za-z]:)?[^\s\"'$#>%]{0,200}docker(?:-|[ \t]+)compose(?:\.exe)?)"
    r"[ \t]+exec(?=\s)",
    re.IGNORECASE,
)
"""How a shell is told to run something in a service, wherever compose is installed."""
FLAGS = re.compile(r"(?<=exec)(?:[ \t]+(?:-[itdT]{1,3}|--no-TTY|--interactive|--tty))+(?=\s)")
BEFORE = re.compile(r"^(?:[^'\"\n]{0,200}[$#>%\u276f])?[ \t]*(?:\d{1,5}[:.)|]?[ \t]+)?")
"""A prompt, or the number that a listing or a shell's history has."""
NUMBER = re.compile(r"^[ \t]*\d{1,5}[:.)|]?(?:[ \t]+|$)")
MORE = re.compile(r"^[ \t]*>{1,2}(?: |$)")
GOES_ON = re.compile(r"(?:^|[^\\^`])[\\^`]$")
BLANK_AFTER = re.compile(r"(?<=[ \t])([\\^`])[ \t]+$", re.MULTILINE)
OTHER_SIGN = re.compile(r"(?<=[ \t])[\^`]$", re.MULTILINE)
LONG_OPTION = re.compile(f"(?<![^\\s])(?:{DASHES.pattern})+(?=[A-Za-z]{{2}})")
WORD = re.compile(r"[^\s'\"=]+")
ON_ONES_OWN = re.compile(
    r"^(?P<home>[A-Za-z]:(?=/)|~(?=/)|/{1,2}(?:mnt/)?[A-Za-z](?=/)|/home(?=/)|/Users(?=/)|/(?=/))?"
    r"(?:/+[^/$]{1,100}?){0,20}?/+w205(?=/|$)"
)
"""A path to the folder that the cluster has as /w205."""
RELATIVE = re.compile(r"^(?:\.?\\)?[\w.-]+(?:\\[\w.-]+)*\\[\w-]+\.[A-Za-z]{1,5}")
SIGNS = re.compile(r"(?<!\\)(?:\||&&|;(?=\s|$)|(?<=\s)(?:\d?>|<)|\$\()")
"""What a shell of one's own machine reads, before compose sees any of it."""
DRIVE = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\\S{0,200}")


def mended(text: str) -> Pasted:
    """A command without the marks of a paste, and in words what was changed."""
    text = text.strip()
    changes: list[str] = []
    for change, word in REPAIRS:
        changed = change(text)
        if changed != text:
            text, changes = changed, [*changes, word]
    return Pasted(text.strip(), tuple(dict.fromkeys(changes)))


def command_of(text: str) -> Command:
    """What a pasted command runs. Raises ValueError saying what is wrong with it."""
    line = mended(text).text
    if found := DRIVE.search(line):
        raise ValueError(
            f"names {found[0]}, a place on a machine of your own. In the cluster your files are "
            "below /w205"
        )
    if len(COMPOSE.findall(outside(line))) > 1 and "\n" in outside(line.replace("\\\n", " ")):
        raise ValueError("is more than one: paste one at a time")
    command = Command.parse(line)
    if is_for_shell(line):
        return Command(service=command.service, argv=in_shell(line))
    return command


def is_for_shell(line: str) -> bool:
    """Whether a line has pipes, redirections or other commands, outside of quotes."""
    return SIGNS.search(outside(line)) is not None


def at_home(line: str) -> str:
    """Such a line as one of a script, which has no terminal to lend."""
    return f"{{ {COMPOSE.sub('docker-compose exec -T', line)}\n}}"


def outside(text: str) -> str:
    """What does not stand in quotes."""
    return QUOTED.sub("''", text)


def outside_quotes(change: Change) -> Change:
    """A change of what does not stand in a shell's quotes."""
    return pasted.outside_quotes(change, QUOTED)


def without_numbers(text: str) -> str:
    """Without a listing's numbers, where every line has one."""
    lines = text.split("\n")
    written = [each for each in lines if each.strip()]
    if len(written) > 1 and all(NUMBER.match(each) for each in written):
        return "\n".join(NUMBER.sub("", each, count=1) for each in lines)
    return text


def without_prompts(text: str) -> str:
    """Without a prompt, and without what the command had printed where it was copied."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        found = COMPOSE.search(line)
        if found is None or not BEFORE.fullmatch(line, 0, found.start()):
            continue
        typed = [line[found.start() :]]
        has_prompt = bool(line[: found.start()].strip())
        for more in lines[at + 1 :]:
            if not GOES_ON.search(typed[-1].rstrip()) and (has_prompt or at):
                break
            typed.append(MORE.sub("", more, count=1))
        # A second command is no output: it is told that there are two.
        rest = [each for each in lines[at + len(typed) :] if COMPOSE.search(each)]
        return "\n".join([*typed, *rest]) if has_prompt or at or len(typed) > 1 else typed[0]
    return text


def as_options(code: str) -> str:
    """Dashes that were two, or one, before a word processor made them long."""
    return DASHES.sub("-", LONG_OPTION.sub("--", code))


def with_the_clusters_paths(text: str) -> str:
    """Paths of one's own machine as the cluster has them: its /w205 is that folder."""
    made, at = [], 0
    for found in QUOTED.finditer(text):
        quote, inside = found[0][0], found[0][1:-1]
        # In quotes a folder's name may have a blank.
        whole = in_the_cluster(inside)
        inside = whole if whole != inside else by_word(inside)
        made += [by_word(text[at : found.start()], relative_too=True), f"{quote}{inside}{quote}"]
        at = found.end()
    return "".join([*made, by_word(text[at:], relative_too=True)])


def by_word(text: str, *, relative_too: bool = False) -> str:
    """The same for each word of a text."""

    def changed(found: re.Match[str]) -> str:
        word = in_the_cluster(found[0])
        if relative_too and word == found[0] and RELATIVE.fullmatch(word):
            return word.replace("\\", "/")
        return word

    return WORD.sub(changed, text)


def in_the_cluster(path: str) -> str:
    """A path as the cluster has it; what is none, as it is."""
    plain = path.replace("\\", "/")
    found = ON_ONES_OWN.match(plain)
    if found is None or not (found["home"] or "\\" in path):
        return path
    return f"/w205{plain[found.end() :]}"


REPAIRS: tuple[tuple[Change, str], ...] = (
    (lambda text: text.replace("\r\n", "\n").replace("\r", "\n"), "line ends"),
    (with_plain_quotes, "curly quotes"),
    (outside_quotes(lambda code: code.translate(INVISIBLE)), "invisible characters"),
    (outside_quotes(lambda code: SPACES.sub(" ", code)), "odd spaces"),
    (without_numbers, "line numbers"),
    (outside_quotes(lambda code: BLANK_AFTER.sub(r"\1", code)), "blanks after a backslash"),
    (without_prompts, "prompts"),
    (outside_quotes(lambda code: OTHER_SIGN.sub(r"\\", code)), "another shell's sign for going on"),
    (lambda text: re.sub(r"[ \t]\\\s*\Z", "", text), "a last backslash"),
    (outside_quotes(as_options), "long dashes"),
    (
        lambda text: COMPOSE.sub("docker-compose exec", text, count=1),
        "how compose is called",
    ),
    (lambda text: FLAGS.sub("", text, count=1), "flags for a terminal"),
    (with_the_clusters_paths, "paths of your own machine"),
)
"""In the order in which they are made, with the words for what they change."""
