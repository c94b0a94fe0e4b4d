"""Through whom: the supplier in whose systems the data of an organisation was taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from alertd.core.names import fold
from alertd.core.understand.features import Candidate
from alertd.core.understand.text import Doc

_OWN_VENDOR: Final = re.compile(
    r"\b(?:its|their|the CE['’]s|a|the)\s+(?:former\s+)?"
    r"(?:business associate|BA|vendor|contractor|subcontractor)(?:\s*[(]BA[)])?,?\s+"
    r"([A-Z0-9][\w&.'’-]*(?:\s(?:[A-Z0-9][\w&.'’-]*|of|and|the|for|&)){0,7}(?:,\s(?:Inc|LLC|Corp|P\.C)\.?)?)"
)


def suppliers(doc: Doc, found: Sequence[Candidate]) -> list[str]:
    """The names that a text gives as the supplier, the likeliest first."""
    named = _OWN_VENDOR.search(doc.raw)
    if named:
        return [named[1].rstrip(" ,.")]
    named_so = [item for item in found if item.features.get("after_vendor") and not _excluded(item)]
    own = [item for item in named_so if item.features.get("after_own_vendor")]
    return [item.name for item in own or named_so]


def is_part(name: str, others: Iterable[str]) -> bool:
    """Whether a name is one of others, or a part or a join of them."""
    words = set(fold(name).split())
    return any(
        words <= set(fold(other).split()) or set(fold(other).split()) <= words for other in others
    )


def _excluded(item: Candidate) -> bool:
    return any(
        item.features.get(role)
        for role in (
            "regulator",
            "gang",
            "after_gang_named",
            "press",
            "told",
            "product",
            "place",
            "sentence_word",
            "after_context",
        )
    )
