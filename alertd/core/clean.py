"""Text from outside, made harmless once, at the way in (reliability rule T1).

What is left is NFC, holds no control, direction, invisible or tag character, and ends on
a whole grapheme.  It may still look like markup: each channel escapes for its own format.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

TITLE_LIMIT: Final = 300
ORGANISATION_LIMIT: Final = 120
SUMMARY_LIMIT: Final = 1_000
TEXT_LIMIT: Final = 20_000
"""Characters of an item's text that are read and stored; about four printed pages."""

_MARKS_IN_A_ROW: Final = 30
"""Stream-Safe Text Format (Unicode annex 15): normalising longer runs is quadratic."""

_RAW_FACTOR: Final = 4
"""How many characters are looked at for each one kept, so that a huge field costs little."""

_LONGEST_GRAPHEME: Final = 64
"""Further back than this a cut is not moved: no honest grapheme is longer."""

_LINE_ENDS: Final = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

_EMOJI: Final = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
_DROPPED: Final = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # C0 and C1 but white space
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u2060-\u2065"
    "\u206a-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\U0001d173-\U0001d17a"  # invisible
    "\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"  # annotations, no characters
    "\U000e0000-\U000e0fff"  # tags and variation selectors
    "]"
    f"|(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])"  # a joiner outside an emoji
    f"|(?<![{_EMOJI}0-9#*])[\ufe0e\ufe0f]"  # a selector without its emoji
)


def clean_line(text: str, limit: int) -> str:
    """One line of clean text of at most ``limit`` characters.

    The mark that opens an RFC 2047 encoded word is broken, because a line may become a
    mail header (rule T2).
    """
    line = " ".join(_harmless(text, limit).split())
    return _cut(line.replace("=?", "= ?"), limit).rstrip()


def clean_text(text: str, limit: int) -> str:
    """Clean text of at most ``limit`` characters; lines stay lines, empty ones go."""
    lines = (" ".join(line.split()) for line in _harmless(text, limit).split("\n"))
    return _cut("\n".join(line for line in lines if line), limit).rstrip()


def _harmless(text: str, limit: int) -> str:
    """The text in NFC, line ends as LF, without what must not be shown."""
    text = text.lstrip()[: limit * _RAW_FACTOR + _LONGEST_GRAPHEME]
    if text.isascii() and text.isprintable():
        return text
    text = _DROPPED.sub("", _LINE_ENDS.sub("\n", text))
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _stream_safe(text))


def _stream_safe(text: str) -> str:
    """The text with runs of combining marks cut to what normalises in linear time."""
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept)


def _cut(text: str, limit: int) -> str:
    """The first ``limit`` characters, or fewer where that would split a grapheme."""
    if len(text) <= limit:
        return text
    for end in range(limit, max(0, limit - _LONGEST_GRAPHEME), -1):
        if not _inside_grapheme(text, end):
            return text[:end]
    return text[:limit]


def _inside_grapheme(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` would part what is drawn as one character.

    The rules of Unicode annex 29 for combining marks, emoji sequences, flags and Hangul.
    """
    before, after = text[at - 1], text[at]
    return (
        unicodedata.category(after).startswith("M")
        or "\u200d" in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or (_is_flag_half(after) and _flag_halves_before(text, at) % 2 == 1)
        or (_is_hangul(before) and "\u1160" <= after <= "\u11ff")
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    halves = 0
    while halves < min(at, _LONGEST_GRAPHEME) and _is_flag_half(text[at - 1 - halves]):
        halves += 1
    return halves


def _is_hangul(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7a3"
