"""Small pictures of each kind that a lab may show."""

import struct
import zlib


def chunk(name: bytes, data: bytes) -> bytes:
    """A piece of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 3, height: int = 2) -> bytes:
    """A grey rectangle."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


GIF = b"GIF89a" + struct.pack("<HH", 3, 2) + b"\0\0\0;"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"  # A header, then filling before a table.
    + b"\xff\xff\xc4\x00\x03\0\xff\xc2\x00\x11\x08"
    + struct.pack(">HH", 2, 3)
    + b"\3\1\x11\0\2\x11\1\3\x11\1\xff\xd9"
)
VP8 = b"RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0\x10\0\0\x9d\x01\x2a\3\0\2\0\0\0"
VP8L = b"RIFF\x1e\0\0\0WEBPVP8L\x12\0\0\0\x2f" + (2 | 1 << 14).to_bytes(4, "little") + b"\0" * 8
VP8X = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\2\0\0\1\0\0" + b"\0" * 8
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
