"""Texts in a lab's folder, and in the folders beside it."""

import re
from pathlib import Path

DEFINITION = "lab.yaml"
MAX_FILE_BYTES = 256 * 1024
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def definition_of(folder: Path, name: str) -> str:
    """The text of a lab that another one extends. Raises OSError or ValueError, in words."""
    if not NAME.fullmatch(name) or not (folder / DEFINITION).is_file():
        raise FileNotFoundError(f"there is no lab {name!r} beside this one")
    return read_beside(folder, DEFINITION, limit=4 * MAX_FILE_BYTES)


def picture_beside(folder: Path, name: str, limit: int) -> bytes:
    """The bytes of a file in a folder. Raises OSError or ValueError, in words."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise FileNotFoundError(f"is no file beside {DEFINITION}")
    if path.stat().st_size > limit:
        raise ValueError(f"is larger than {limit // 1024} KB")
    return path.read_bytes()


def read_beside(folder: Path, name: str, limit: int = MAX_FILE_BYTES) -> str:
    """The text of a file in a folder. Raises OSError or ValueError, in words."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise FileNotFoundError(f"there is no file {name!r} beside {DEFINITION}")
    if path.stat().st_size > limit:
        raise ValueError(f"{name!r} is larger than {limit // 1024} KB")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name!r} is not UTF-8 text") from error
