"""Reliability rule T1: text from outside is made harmless at the way in."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.clean import TEXT_LIMIT, TITLE_LIMIT, clean_line, clean_text

HOSTILE = "\u202eseliR\u202c\u2066x\u2069\u200b\u200e\u061c\ufeff\x00\x1b[31m\ud800\U000e0041"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Almerys", "Almerys"),
        ("  Almerys \t hacked\r\nagain ", "Almerys hacked again"),
        ("one\x0btwo\x0cthree\x85four\u2028five\u2029six", "one two three four five six"),
        ("Al\u200bme\u2060rys\ufeff", "Almerys"),
        ("Al\u00admerys", "Almerys"),
        ("\u202eAlmerys\u202c", "Almerys"),
        ("\u2067Almerys\u2069\u200f\u061c", "Almerys"),
        ("Al\x00me\x1b[31mrys\x9b", "Alme[31mrys"),
        ("Al\ud800merys", "Almerys"),
        ("Almerys\U000e0061\U000e0062\U000e0101", "Almerys"),
        ("Al\u200dmerys\ufe0f", "Almerys"),
        ("e\u0301te\u0301", "été"),
        ("na\u00a0me\u3000here", "na me here"),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
        ),
        ("\u2764\ufe0f and 1\ufe0f\u20e3", "\u2764\ufe0f and 1\ufe0f\u20e3"),
        ("=?utf-8?q?=0d=0aBcc:_a?=", "= ?utf-8?q?=0d=0aBcc:_a?="),
        ("", ""),
        ("\x00\u200b", ""),
    ],
)
def test_T1_a_line_is_cleaned(raw: str, clean: str) -> None:
    assert clean_line(raw, TITLE_LIMIT) == clean


def test_T1_text_keeps_its_lines_and_drops_empty_ones() -> None:
    raw = "# Head\r\n\r\n  first  line \x0b second\u2029\n\n\tthird\x85"
    assert clean_text(raw, TEXT_LIMIT) == "# Head\nfirst line\nsecond\nthird"


@pytest.mark.parametrize(
    ("raw", "limit", "clean"),
    [
        ("Almerys", 3, "Alm"),
        ("ab\u0337cd", 2, "a"),
        ("a \U0001f44d\U0001f3fd!", 3, "a"),
        ("\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", 3, "\U0001f1eb\U0001f1f7"),
        ("x\U0001f468\u200d\U0001f469y", 3, "x"),
        ("x" + "\u0337" * 200, 100, "x" + "\u0337" * 30),
        ("one two", 4, "one"),
    ],
)
def test_T1_a_cut_falls_between_graphemes(raw: str, limit: int, clean: str) -> None:
    assert clean_line(raw, limit) == clean


def test_T1_a_grapheme_longer_than_any_honest_one_is_cut_all_the_same() -> None:
    family = "\U0001f468\u200d" * 200 + "\U0001f468"
    assert 0 < len(clean_line(family, 100)) <= 100


@given(st.text(alphabet=st.characters(codec=None) | st.sampled_from(HOSTILE), max_size=400))
def test_T1_nothing_hostile_is_left_whatever_comes(raw: str) -> None:
    for clean in (clean_line(raw, 120), clean_text(raw, 120)):
        assert len(clean) <= 120
        assert clean == unicodedata.normalize("NFC", clean)
        assert not set(clean) & set(
            "\u202e\u202c\u2066\u2069\u200b\u200e\u061c\ufeff\x00\x1b\ud800"
        )
        assert {unicodedata.category(char) for char in clean if char != "\n"} <= {
            *("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd"),
            *("Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Cf", "Co", "Cn"),
        }
        clean.encode("utf-8")
    assert "\n" not in clean_line(raw, 120)


@given(st.text(max_size=300))
def test_T1_cleaning_twice_changes_nothing(raw: str) -> None:
    line = clean_line(raw, 120)
    assert clean_line(line, 120) == line
    text = clean_text(raw, 120)
    assert clean_text(text, 120) == text


def test_T1_a_flood_of_combining_marks_costs_no_more_than_its_length() -> None:
    flood = "a" + "\u0301\u0327" * 500_000
    started = time.process_time()
    clean_text(flood, TEXT_LIMIT)
    assert time.process_time() - started < 1.0
