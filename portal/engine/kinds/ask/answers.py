"""What a student answers: read from a form, and compared."""

import re
from collections.abc import Sequence

from portal.engine.lab.step import NoChoice

NUMBER = re.compile(r"[+-]?(\d{1,15}|\d{1,3}(?:[ ,_]\d{3}){1,4})", re.ASCII)
MOST_COLUMNS = 100
TEXT_LIMIT = 4000
SHOWN = 60

Answer = int | str | tuple[str, ...]


def number(text: str) -> int:
    """A whole number, as people write them. Raises NoChoice, saying what to write."""
    found = text.strip()
    if not found:
        raise NoChoice("Write a number first, as in 12. A guess will do.")
    if not NUMBER.fullmatch(found):
        raise NoChoice(
            f"“{found[:SHOWN]}” is not a whole number: write digits, as in 12. "
            "Nothing was judged, and what you wrote is still there."
        )
    return int(re.sub("[ ,_]", "", found))


def choice(text: str, choices: Sequence[str]) -> str:
    """One of the choices. Raises NoChoice."""
    if text not in choices:
        raise NoChoice("Choose one of the answers first.")
    return text


def columns(text: str) -> tuple[str, ...]:
    """Names of columns with commas or line ends between them. Raises NoChoice."""
    if len(text) > TEXT_LIMIT or "\0" in text:
        raise NoChoice(f"Those are no names of columns: at most {TEXT_LIMIT} characters.")
    names = [each.strip().strip("'\"`") for each in re.split(r"[,\n]", text)]
    found = tuple(dict.fromkeys(each for each in names if each))
    if not found:
        raise NoChoice("Name the columns first, with commas between them.")
    if len(found) > MOST_COLUMNS:
        raise NoChoice(f"Name at most {MOST_COLUMNS} columns.")
    return found


def free(text: str) -> str:
    """A text of one's own. Raises NoChoice."""
    found = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not found:
        raise NoChoice("Write something first: it is for your instructor, and nobody judges it.")
    if len(found) > TEXT_LIMIT:
        raise NoChoice(f"Write at most {TEXT_LIMIT} characters; yours has {len(found)}.")
    return found


def shown(answer: object) -> str:
    """An answer in a sentence."""
    if isinstance(answer, list | tuple):
        names = [str(each)[:SHOWN] for each in answer]
        more = f" and {len(names) - 20} more" if len(names) > 20 else ""
        return (", ".join(names[:20]) + more) or "none"
    return str(answer)[:200]
