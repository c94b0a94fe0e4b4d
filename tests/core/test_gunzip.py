"""Reliability rule F1: a small answer cannot unpack to a large one."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.gunzip import Gunzip


def test_F1_a_bomb_is_unpacked_to_one_byte_past_the_limit_and_no_further() -> None:
    bomb = gzip.compress(bytes(5_000_000))
    gunzip = Gunzip(1_000)
    assert len(gunzip.feed(bomb)) == 1_001
    assert gunzip.feed(bomb) == b""
    assert not gunzip.complete


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 50))
def test_members_in_pieces_of_any_size_unpack_to_what_was_packed(
    parts: list[bytes], size: int
) -> None:
    packed = b"".join(map(gzip.compress, parts))
    gunzip = Gunzip(10_000)
    out = b"".join(gunzip.feed(packed[at : at + size]) for at in range(0, len(packed), size))
    assert out == b"".join(parts)
    assert gunzip.complete


def test_what_is_no_gzip_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="broken gzip"):
        Gunzip(10).feed(b"plain text, and enough of it")
