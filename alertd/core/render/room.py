"""How long a person's message may be: its parts 6 to 9 shorten first (guidance-style 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alertd.core.advise import MOST_CONTACTS, MOST_LINES, MOST_RIGHTS, MOST_SCAMS, Advice
from alertd.core.message import Block, Bullets, Heading, Paragraph, Steps

_ADDRESS: Final = re.compile(r"\b[\w.@-]+\.[a-z]{2,}\b")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many scams, warnings, contacts and rights there is room for."""

    scams: int = MOST_SCAMS
    do_not: int = MOST_LINES
    contacts: int = MOST_CONTACTS
    rights: int = MOST_RIGHTS

    def cut(self, advice: Advice) -> Advice:
        """The advice with its acts whole and the rest as long as there is room."""
        return replace(
            advice,
            scams=advice.scams[: self.scams],
            do_not=advice.do_not[: self.do_not],
            contacts=advice.contacts[: self.contacts],
            rights=advice.rights[: self.rights],
        )


ROOMS: Final = (
    Room(),
    Room(do_not=2),
    Room(do_not=2, scams=2),
    Room(do_not=2, scams=2, rights=1),
    Room(do_not=2, scams=2, rights=1, contacts=2),
)
"""From the roomiest on: what a long message loses first."""


def count(blocks: Sequence[Block], end: str, names: Iterable[str]) -> int:
    """The words above the heading ``end``, without names of organisations and addresses."""
    stop = blocks.index(Heading(end)) if Heading(end) in blocks else len(blocks)
    text = " ".join(part for block in blocks[:stop] for part in _said(block))
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return len(_WORD.findall(_ADDRESS.sub("", text)))


def _said(block: Block) -> tuple[str, ...]:
    match block:
        case Heading(text) | Paragraph(text):
            return (text,)
        case Bullets(items):
            return items
        case Steps(items):
            return tuple(part for item in items for part in item)
        case _:
            return ()
