"""Pictures beside lab.yaml: what may be one, by its own bytes, and which of them texts show."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from markdown_it import MarkdownIt

from portal.engine.lab.fields import Place
from portal.engine.lab.spec import LabSpec

MAX_BYTES = 512 * 1024
MAX_SIDE = 4096
"""Pixels: what a browser unpacks is bounded, however few bytes it comes in."""
MAX_PICTURES = 20
LONGEST_TEXT = 64 * 1024
"""Characters; a longer text is shown as it was written, without pictures."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
POINTER = re.compile(r"picture:([0-9a-f]{64})\.(png|jpeg|webp|gif):([0-9]{1,4})x([0-9]{1,4})")
SVG = re.compile(rb"<(?:svg|\?xml|!doctype svg)", re.IGNORECASE)
PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture without its bytes; sides are in pixels."""

    digest: str
    """SHA-256 of the bytes, in hexadecimal."""
    kind: str
    width: int
    height: int

    @property
    def pointer(self) -> str:
        """What stands for it among texts."""
        return f"picture:{self.digest}.{self.kind}:{self.width}x{self.height}"


def pointed_at(text: str) -> Picture | None:
    """The picture that a text stands for; None for a text that is one."""
    found = POINTER.fullmatch(text)
    return Picture(found[1], found[2], int(found[3]), int(found[4])) if found else None


def picture_of(data: bytes) -> Picture:
    """Look at a picture's bytes. Raises ValueError, in words, for what browsers are not given."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES // 1024} KB")
    kind, size = next(
        ((kind, size) for kind, look in LOOKS.items() if (size := look(data)) is not None),
        ("", (0, 0)),
    )
    if not kind and SVG.match(data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")):
        raise ValueError("is an SVG, which can hold scripts: save it as PNG")
    if not kind:
        raise ValueError("is no picture: by their first bytes PNG, JPEG, WebP and GIF are")
    if not 0 < min(size) <= max(size) <= MAX_SIDE:
        words = f"is {size[0]} by {size[1]} pixels"
        raise ValueError(f"{words}: each side has 1 to {MAX_SIDE}")
    return Picture(hashlib.sha256(data).hexdigest(), kind, *size)


def png(data: bytes) -> Size | None:
    """The sides of a PNG; None for anything else."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def gif(data: bytes) -> Size | None:
    """The sides of a GIF."""
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 10:
        return None
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def webp(data: bytes) -> Size | None:
    """The sides of a WebP, of whichever of its three forms."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            sides = data[26:28], data[28:30]
            return tuple2(int.from_bytes(each, "little") & 0x3FFF for each in sides)
        case b"VP8L" if data[20] == 0x2F:
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            sides = data[24:27], data[27:30]
            return tuple2(int.from_bytes(each, "little") + 1 for each in sides)
    return None


def tuple2(sides: Iterator[int]) -> Size:
    """Width and height."""
    width, height = sides
    return width, height


def jpeg(data: bytes) -> Size | None:
    """The sides of a JPEG, which stand in the segment that begins a frame."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # Filling before a marker.
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4]))
    return None


LOOKS = {"png": png, "jpeg": jpeg, "webp": webp, "gif": gif}


def is_name(path: str) -> bool:
    """Whether a file is called as a picture is."""
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def texts_of(lab: LabSpec) -> Iterator[tuple[Place, str]]:
    """Each Markdown of a lab, and where it stands."""
    yield ("description",), lab.description
    for index, step in enumerate(lab.steps):
        yield ("steps", index, "text"), step.text
        for number, hint in enumerate(step.hints):
            yield ("steps", index, "hints", number), hint


def shown_in(text: str) -> Iterator[tuple[str, str]]:
    """The address of each picture that a Markdown shows, and the words in its place."""
    if "![" not in text or len(text) > LONGEST_TEXT:
        return
    for block in PARSER.parse(text):
        for each in block.children or ():
            if each.type == "image":
                yield unquote(str(each.attrs.get("src", ""))), each.content


def paths_in(lab: LabSpec) -> set[str]:
    """The pictures that a lab shows."""
    return {path for _, text in texts_of(lab) for path, _ in shown_in(text)}
