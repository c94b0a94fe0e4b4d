"""Words that imitate others: Latin words with look-alike letters of another alphabet.

Folding never turns such a letter into the Latin one, so an imitation never becomes the true
name; it is marked, so that a person looks.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CYRILLIC: Final = "АВЕЅІЈКМНОРСТУХҮԚԜаеѕіјорсухүԁԛԝһӏґ"
_GREEK: Final = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχϲ"
_FOREIGN: Final = _CYRILLIC + _GREEK
"""Letters of the Unicode list of confusables (UTS 39) that most type faces draw as Latin ones."""

_WORD: Final = re.compile("(?:[^\\W\\d_]|[\u24b6-\u24e9]){2,60}")
_STYLED: Final = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9]")
_SUSPECT: Final = re.compile(f"[{_FOREIGN}]|{_STYLED.pattern}")
_MOST: Final = 5


def look_alikes(text: str) -> tuple[str, ...]:
    """The first few words of a text that imitate Latin ones, as they stand there."""
    if text.isascii() or not _SUSPECT.search(text):
        return ()
    found = dict.fromkeys(word[0] for word in _WORD.finditer(text) if _imitates(word[0]))
    return tuple(found)[:_MOST]


def _imitates(word: str) -> bool:
    """Whether a word mixes Latin letters with look-alikes, or is drawn in a styled alphabet."""
    if word.isascii():
        return False
    if _STYLED.search(word):
        return True
    others = [char for char in word if not _is_latin(char)]
    return 0 < len(others) < len(word) and all(char in _FOREIGN for char in others)


def _is_latin(char: str) -> bool:
    return char.isascii() or unicodedata.name(char, "").startswith("LATIN")
