"""Where the parts are, and the marks that say a step is done."""

import hashlib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
LABS = ROOT / "labs"
IMAGES = LABS / "week10" / "images"
GUEST = ROOT / "portal" / "engine" / "guest"
# As the portal's settings read it: both must look in the same place.
PARTS = Path(os.environ.get("SLUICE_PARTS") or ROOT / "var" / "parts")
KAFKA_LIBS = PARTS / "kafka" / "libs"
KAFKA_CDS = PARTS / "kafka" / "cds"
KRAFT_LIBS = PARTS / "kafka-kraft" / "libs"
SPARK_JARS = PARTS / "spark" / "jars"
SPARK_CDS = PARTS / "spark" / "cds"
LOGS = PARTS / "logs"


class PartsError(Exception):
    """Something can't be installed; the text is one line that says what to do."""


def versions() -> dict[str, Any]:
    """The contents of versions.toml."""
    with (HERE / "versions.toml").open("rb") as file:
        return tomllib.load(file)


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
