"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.duration import parse_duration, write_duration


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1s", timedelta(seconds=1)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        (" 1h ", timedelta(hours=1)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("2y", timedelta(days=730)),
        ("010s", timedelta(seconds=10)),
        (timedelta(seconds=3), timedelta(seconds=3)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(written: object, meant: timedelta) -> None:
    assert parse_duration(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "15", "m", "0s", "00d", "-1h", "1.5h", "1h30m", "15 m", "1M", "1234567s", 15, None, True],
)
def test_anything_else_is_refused_with_an_example(written: object) -> None:
    with pytest.raises(ValueError, match="30s, 15m, 1h or 7d"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (timedelta(days=365), "365d"),
        (timedelta(hours=36), "36h"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=61), "61s"),
        (timedelta(), "0s"),
    ],
)
def test_a_duration_is_written_in_its_largest_exact_unit(value: timedelta, written: str) -> None:
    assert write_duration(value) == written


@given(st.integers(1, 999_999))
def test_what_is_written_is_read_back(seconds: int) -> None:
    value = timedelta(seconds=seconds)
    assert parse_duration(write_duration(value)) == value
