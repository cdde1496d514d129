"""Where the parts are, and the marks that say a step is done."""

import hashlib
import os
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from portal.images.read import folders, read_images
from portal.images.spec import Image, ancestors, asked_of

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
IMAGES = ROOT / "labs" / "images"
GUEST = ROOT / "portal" / "engine" / "guest"
# As the portal's settings read it: both must look in the same place.
PARTS = Path(os.environ.get("SLUICE_PARTS") or ROOT / "var" / "parts")
LOGS = PARTS / "logs"


class PartsError(Exception):
    """Something can't be installed; the text is one line that says what to do."""


def versions() -> dict[str, Any]:
    """The contents of versions.toml."""
    with (HERE / "versions.toml").open("rb") as file:
        return tomllib.load(file)


def images() -> dict[str, Image]:
    """What is to be here, those that images start from first. Raises PartsError."""
    return {name: each for name, each in known().items() if not each.when_asked or asked(name)}


def asked(name: str) -> bool:
    """Whether somebody has asked for an image."""
    return asked_of(PARTS, name).exists()


def ask(names: Iterable[str]) -> None:
    """Have images that are fetched only when asked for be wanted from now on. Raises PartsError."""
    for name in names:
        image = known().get(name)
        if image is None:
            raise PartsError(f"there is no image {name}. Choose from {', '.join(sorted(known()))}")
        for each in (image, *ancestors(image, known())):
            if each.when_asked:
                mark = asked_of(PARTS, each.name)
                mark.parent.mkdir(parents=True, exist_ok=True)
                mark.touch()


@cache
def known() -> dict[str, Image]:
    """What labs can run on, those that images start from first. Raises PartsError."""
    found = read_images(folders(), PARTS)
    if found.problems:
        raise PartsError("an image can't be read. " + " / ".join(map(str, found.problems)))
    depth = {name: len(ancestors(image, found.images)) for name, image in found.images.items()}
    return {name: found.images[name] for name in sorted(depth, key=lambda each: depth[each])}


def digest(pieces: Iterable[str | bytes]) -> str:
    """One digest of several pieces; their borders count."""
    whole = hashlib.sha256()
    for piece in pieces:
        data = piece.encode() if isinstance(piece, str) else piece
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


def is_stamped(stamp: Path, wanted: str) -> bool:
    """Whether this step was done with just these inputs."""
    try:
        return stamp.read_text() == wanted
    except OSError:
        return False


def put_stamp(stamp: Path, value: str) -> None:
    """Say that a step is done. Whoever reads it sees all of it or nothing."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    new = stamp.with_name(f"{stamp.name}.new")
    new.write_text(value)
    new.replace(stamp)
