"""Checksums of an image's jars, as committed beside its image.toml."""

from pathlib import Path

SUMS = "jars.sha256"


def locked(folder: Path) -> list[tuple[str, str]]:
    """Each jar's checksum, and its path in any Maven repository. Raises FileNotFoundError."""
    text = (folder / SUMS).read_text(encoding="utf-8")
    pairs = (line.split(maxsplit=1) for line in text.splitlines() if line.strip())
    return [(sum, path.strip()) for sum, path in pairs]
