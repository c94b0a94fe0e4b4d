"""Which language a text is in, by its most frequent words."""

from __future__ import annotations

import re
from typing import Final

from alertd.core.lexicon import Lexicon
from alertd.core.names import plain

_READ: Final = 1_200
_ENOUGH: Final = 2
_DEFAULT: Final = "en"
_WORD: Final = re.compile(r"[^\W_]{2,}")


def language(title: str, text: str, lexicon: Lexicon, stated: str | None = None) -> str:
    """The code of the language; what the source states is believed where the words agree."""
    found = _WORD.findall(plain(f"{title} {text}"[:_READ]))
    known = stated[:2].lower() if stated else None
    counts = dict.fromkeys(lexicon.languages, 0)
    for word in found:
        for code in lexicon.frequent.get(word, ()):
            counts[code] += 1
    best = max(sorted(counts), key=lambda code: (counts[code], code == known, code == _DEFAULT))
    if counts[best] < _ENOUGH or (known in counts and counts[known] == counts[best]):
        return known or (best if counts[best] else _DEFAULT)
    return best
