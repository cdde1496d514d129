"""The container of the README's film, byte by byte."""

import struct

import pytest

from tests.pictures.animated import Frame, chunk, put_together

PICTURE = chunk(b"VP8 ", b"odd")
STILL = chunk(b"RIFF", b"WEBP" + chunk(b"VP8X", b"\0" * 10) + chunk(b"ICCP", b"c") + PICTURE)


def test_frames_have_their_place_and_time() -> None:
    made = put_together(1280, 720, [Frame(STILL, 10, 6, 301, 200, 1500)])
    assert struct.unpack("<4sI4s", made[:12]) == (b"RIFF", len(made) - 8, b"WEBP")
    assert made[12:30] == b"VP8X" + struct.pack("<IIHBHB", 10, 2, 1279, 0, 719, 0)
    assert made[30:44] == b"ANIM" + struct.pack("<IIH", 6, 0xFFFFFFFF, 0)
    places = b"".join(each.to_bytes(3, "little") for each in (5, 3, 300, 199, 1500))
    assert made[44:] == chunk(b"ANMF", places + b"\x02" + PICTURE)


def test_what_is_no_webp_is_refused() -> None:
    with pytest.raises(ValueError, match="no WebP"):
        put_together(2, 2, [Frame(b"\x89PNG", 0, 0, 2, 2, 100)])
