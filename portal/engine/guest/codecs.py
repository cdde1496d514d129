"""Unpack a compressed batch, up to a bound: a megabyte can hold a thousand times as many."""

import struct
import zlib
from collections.abc import Callable, Iterator

UNPACKED_LIMIT = 16 << 20
TOO_LARGE = f"are larger than {UNPACKED_LIMIT >> 20} MB when unpacked"
XERIAL = b"\x82SNAPPY\x00"
XERIAL_HEAD = 16


class Unreadable(Exception):
    """Why a batch can't be unpacked: what follows "they"."""


def unpack(codec: int, packed: bytes) -> bytes:
    """The batch's records. Raises Unreadable."""
    if codec not in CODECS:
        raise Unreadable("are compressed with an unknown codec")
    name, unpacks = CODECS[codec]
    try:
        unpacked = unpacks(packed)
    except ImportError:
        raise Unreadable(f"are compressed with {name}, which nothing here unpacks") from None
    except Unreadable:
        raise
    except Exception:
        # Each library has errors of its own, and none of them says more.
        raise Unreadable(f"are no {name}, though they say so") from None
    if len(unpacked) > UNPACKED_LIMIT:
        raise Unreadable(TOO_LARGE)
    return unpacked


def gunzip(packed: bytes) -> bytes:
    """One byte more than the limit at most."""
    return zlib.decompressobj(31).decompress(packed, UNPACKED_LIMIT + 1)


def unlz4(packed: bytes) -> bytes:
    """One byte more than the limit at most."""
    from lz4.frame import LZ4FrameDecompressor

    found: bytes = LZ4FrameDecompressor().decompress(packed, max_length=UNPACKED_LIMIT + 1)
    return found


def unzstd(packed: bytes) -> bytes:
    """One byte more than the limit at most."""
    import zstandard

    # Bounded by the window too: memory is taken by what a batch says of itself.
    reader = zstandard.ZstdDecompressor(max_window_size=UNPACKED_LIMIT).stream_reader(packed)
    with reader:
        return bytes(reader.read(UNPACKED_LIMIT + 1))


def unsnappy(packed: bytes) -> bytes:
    """One block, or many as Java's producers write them. Each says its size before its content."""
    import snappy

    blocks = list(xerial_blocks(packed)) if packed.startswith(XERIAL) else [packed]
    if sum(map(said_size, blocks)) > UNPACKED_LIMIT:
        raise Unreadable(TOO_LARGE)
    return b"".join([bytes(snappy.uncompress(block)) for block in blocks])


def xerial_blocks(packed: bytes) -> Iterator[bytes]:
    """The blocks behind the head, each with its length before it."""
    at = XERIAL_HEAD
    while at < len(packed):
        (length,) = struct.unpack_from(">i", packed, at)
        if length <= 0:
            raise ValueError("a block has a length")
        yield packed[at + 4 : at + 4 + length]
        at += 4 + length


def said_size(block: bytes) -> int:
    """The unpacked size that a block begins with."""
    size = 0
    for index, byte in enumerate(block[:5]):
        size |= (byte & 127) << (7 * index)
        if byte < 128:
            return size
    raise ValueError("a block says its size in five bytes")


CODECS: dict[int, tuple[str, Callable[[bytes], bytes]]] = {
    1: ("gzip", gunzip),
    2: ("snappy", unsnappy),
    3: ("lz4", unlz4),
    4: ("zstd", unzstd),
}
