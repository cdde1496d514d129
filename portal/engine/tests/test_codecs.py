"""What the guest unpacks, and what it leaves packed."""

import builtins
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import codec as kafkas

from portal.engine.guest import codecs
from portal.engine.guest.codecs import UNPACKED_LIMIT, Unreadable, unpack

PACKED: dict[int, Callable[[bytes], bytes]] = {
    1: kafkas.gzip_encode,
    2: kafkas.snappy_encode,
    3: kafkas.lz4_encode,
    4: kafkas.zstd_encode,
}


@pytest.mark.parametrize("codec", PACKED)
@pytest.mark.parametrize("content", [b"x", b"records" * 50_000])
def test_what_kafka_python_packs_is_unpacked(codec: int, content: bytes) -> None:
    assert unpack(codec, PACKED[codec](content)) == content


def test_a_block_of_snappy_alone_is_unpacked() -> None:
    """As librdkafka's producers write it."""
    assert unpack(2, kafkas.snappy_encode(b"x" * 900, xerial_compatible=False)) == b"x" * 900


@pytest.mark.parametrize("codec", PACKED)
def test_a_bomb_is_not_unpacked(codec: int) -> None:
    packed = PACKED[codec](bytes(UNPACKED_LIMIT + 1))
    with pytest.raises(Unreadable, match="larger than 16 MB"):
        unpack(codec, packed)


def test_a_block_that_says_it_is_huge_is_not_unpacked() -> None:
    block = b"\xff\xff\xff\xff\x0f" + b"x"
    with pytest.raises(Unreadable, match="larger than 16 MB"):
        unpack(2, codecs.XERIAL + bytes(8) + struct.pack(">i", len(block)) + block)


@pytest.mark.parametrize("codec", [0, *PACKED, 5, 7])
@given(packed=st.binary(max_size=200))
def test_any_bytes_are_unpacked_or_unreadable(codec: int, packed: bytes) -> None:
    with suppress(Unreadable):
        assert len(unpack(codec, packed)) <= UNPACKED_LIMIT


def test_a_codec_without_its_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def lacking(name: str, *args: Any, **options: Any) -> Any:
        if name == "zstandard":
            raise ImportError
        return load(name, *args, **options)

    packed = kafkas.zstd_encode(b"x")
    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(Unreadable, match="zstd, which nothing here unpacks"):
        unpack(4, packed)
