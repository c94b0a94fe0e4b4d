"""Through whom: the supplier in whose systems the data of an organisation was taken.

A name is a supplier by what the text says beside it, each clue with its worth: a noun for a
supplier before it ("its vendor Acme") or behind it ("Acme, its printer"), a service that it gives
("hosted by Acme", "Acme, which runs the portal of"), its clients ("a customer of Acme"), the way
that the thieves took ("through Acme").  Those who only help afterwards are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alertd.core.names import fold, listed
from alertd.core.understand.associates import associates, is_health_notice
from alertd.core.understand.beside import (
    OWNERS,
    TO_CLIENTS,
    is_about_service,
    is_after_event,
    is_own_thing,
    is_owned,
    is_patched,
    is_person,
    is_place_of,
    is_small,
    is_tied,
    only_helps,
    opens_apposition,
)
from alertd.core.understand.features import Candidate
from alertd.core.understand.text import Doc, Tag

_OWN: Final = 3.0
_SAID: Final = 2.0
_LIKELY: Final = 1.5
_HINTED: Final = 1.0
_ENOUGH: Final = 2.0
_NOUN_REACH: Final = 4
_PLACES: Final = 6
_ALIKE: Final = 2
_LONG_WORD: Final = 5
_CLUES: Final = (
    "supplier",
    "trade_of",
    "doing",
    "supplied",
    "run_by",
    "supplies",
    "client_of",
    "took_place",
    "through",
)
_ARTICLES: Final = listed(
    "a an the one another un une le la l les el los una uno il lo der die das dem den ein eine"
    " einem einen einer het de een d"
)
_BREAKS: Final = OWNERS | listed("that which who whose qui dont que der welche che cui dat is was")
_HOLDINGS: Final = listed(
    "server system platform network cloud database software file portal storage environment data"
)
_ROLES: Final = ("regulator", "gang", "after_gang_named", "press", "told", "expert", "network")
_NAMELESS: Final = (*_ROLES, "place", "product", "short")


@dataclass(frozen=True, slots=True)
class _Clues:
    """Where the clues of a text stand: by their first or by their last token."""

    nouns: Mapping[int, Tag]
    ends: Mapping[int, Tag]
    inner: frozenset[int]
    before: Mapping[str, frozenset[int]]
    starts: Mapping[str, frozenset[int]]


def suppliers(doc: Doc, found: Sequence[Candidate]) -> list[str]:
    """The names that a text gives as the supplier, the likeliest first."""
    named = associates(doc.raw)
    if named or is_health_notice(doc.raw):
        return named
    if not any(doc.values(cue) for cue in _CLUES):
        return []
    clues = _clues(doc)
    said: dict[str, float] = {}
    hinted: dict[str, float] = {}
    place: dict[str, tuple[int, int]] = {}
    for name, start, end in _named(doc, found, clues):
        told, hint = _said(doc, start, end, clues), _hinted(doc, start, end, clues)
        if not (told or hint) or _is_other(doc, start, end):
            continue
        said[name] = max(said.get(name, 0.0), told)
        hinted[name] = max(hinted.get(name, 0.0), hint)
        place[name] = min(place.get(name, (start, -end)), (start, -end))
    worth = {name: said[name] + hinted[name] for name in said}
    best = sorted((-worth[name], place[name], name) for name in said if worth[name] >= _ENOUGH)
    return [name for *_, name in best]


def _is_other(doc: Doc, start: int, end: int) -> bool:
    """Whether a name is a helper's, a software maker's or a person's."""
    return only_helps(doc, start, end) or is_patched(doc, start) or is_person(doc, start, end)


def _named(doc: Doc, found: Sequence[Candidate], clues: _Clues) -> Iterator[tuple[str, int, int]]:
    """Names with their places; a clue at a name's head is no part of it."""
    for item in found:
        if any(item.features.get(role) for role in _NAMELESS):
            continue
        for start, end in item.places[:_PLACES]:
            cut = max((at for at in range(start + 1, end) if at in clues.inner), default=start)
            left, right = doc.spans[cut][0], doc.spans[end - 1][1]
            cut_short = cut > start and not (doc.raw[left].isupper() or doc.raw[left].isdigit())
            if cut_short or _opens(doc, item, end) or is_place_of(doc, end):
                continue
            yield (item.name if cut == start else doc.raw[left:right]), cut, end


def _opens(doc: Doc, item: Candidate, end: int) -> bool:
    """Whether a name is any word that opens a sentence, with no apposition behind."""
    return bool(item.features.get("sentence_word")) and not (
        end < len(doc.words) and opens_apposition(doc.gap(end))
    )


def is_part(name: str, others: Iterable[str]) -> bool:
    """Whether a name is one of others, a part or a join of them, or one of them misspelt."""
    words = set(fold(name).split())
    return any(
        words <= other or other <= words or _misspelt(words, other)
        for other in (set(fold(other).split()) for other in others)
    )


def _misspelt(one: set[str], other: set[str]) -> bool:
    """Whether two names of several words differ in one long word by a letter or two."""
    mine, theirs = one - other, other - one
    if len(mine) != 1 or len(theirs) != 1 or len(one) <= _ALIKE:
        return False
    (left,), (right,) = mine, theirs
    if min(len(left), len(right)) < _LONG_WORD or abs(len(left) - len(right)) > _ALIKE:
        return False
    return left[0] == right[0] and left[-2:] == right[-2:]


def _clues(doc: Doc) -> _Clues:
    nouns = [*doc.values("trade_of"), *doc.values("supplier")]
    cues = ("supplied", "run_by", "client_of", "took_place", "through", "held_at", "at")
    before = {cue: frozenset(tag.end for tag in doc.values(cue)) for cue in cues}
    return _Clues(
        nouns={tag.start: tag for tag in (*nouns, *doc.values("doing"))},
        ends={tag.end: tag for tag in nouns},
        inner=before["client_of"] | before["held_at"] | {tag.end for tag in nouns},
        before=before,
        starts={
            cue: frozenset(tag.start for tag in doc.values(cue)) for cue in ("supplies", "suffer")
        },
    )


def _said(doc: Doc, start: int, end: int, clues: _Clues) -> float:
    return max(
        _noun_before(doc, start, clues),
        _noun_behind(doc, end, clues),
        _served(doc, start, end, clues),
    )


def _noun_before(doc: Doc, start: int, clues: _Clues) -> float:
    """The worth of "its vendor Acme", "our billing company, Acme", "supplier Acme"."""
    for last in range(start, max(0, start - _NOUN_REACH), -1):
        tag = clues.ends.get(last)
        if tag is None:
            continue
        between = doc.words[last:start]
        if between and not (_plain(doc, last, start, clues) and _leads_on(between)):
            return 0.0
        if is_owned(doc, tag.start):
            return _OWN
        if _direct(doc, last, start, clues):
            return _SAID if tag.value == "supplier" else _LIKELY
    return 0.0


def _direct(doc: Doc, last: int, start: int, clues: _Clues) -> bool:
    """Whether a name follows a noun, but for an article and a word such as "company"."""
    return all(doc.words[at] in _ARTICLES or at + 1 in clues.ends for at in range(last, start))


def _plain(doc: Doc, first: int, last: int, clues: _Clues) -> bool:
    return all(is_small(doc, at, at + 1) or at + 1 in clues.ends for at in range(first, last))


def _leads_on(between: Sequence[str]) -> bool:
    """Whether words between a noun and a name may belong to the noun, not to a client."""
    return between[-1] not in TO_CLIENTS and _BREAKS.isdisjoint(between)


def _noun_behind(doc: Doc, end: int, clues: _Clues) -> float:
    """The worth of "Acme, its printer", "Acme, a supplier of", "Acme (our host)"."""
    if end >= len(doc.words) or not opens_apposition(doc.gap(end)):
        return 0.0
    if doc.words[end : end + 2][-1:] == ("based",):
        return 0.0
    if doc.words[end] not in _ARTICLES and doc.words[end] not in OWNERS:
        tag = clues.nouns.get(end)
        return _SAID if tag and is_tied(doc, tag.end) else 0.0
    for first in range(end + 1, min(len(doc.words), end + _NOUN_REACH + 2)):
        tag = clues.nouns.get(first)
        if tag is None:
            based = doc.words[first + 1 : first + 2] == ("based",)
            if "," in doc.gap(first) or not (based or is_small(doc, first, first + 1)):
                return 0.0
            continue
        if not OWNERS.isdisjoint(doc.words[end:first]):
            return _OWN
        return _SAID if tag.value != "trade_of" or is_tied(doc, tag.end) else 0.0
    return 0.0


def _served(doc: Doc, start: int, end: int, clues: _Clues) -> float:
    """The worth of a service that the name gives, of its clients, of the way through it."""
    head = start - (doc.words[start - 1] in _ARTICLES) if start else start
    if any(at in clues.before[cue] for at in (head, start) for cue in ("supplied", "client_of")):
        return _SAID
    if head in clues.before["run_by"] and is_about_service(doc, head):
        return _SAID
    relative = end < len(doc.words) and "," in doc.gap(end) and end in clues.starts["supplies"]
    return _SAID if relative and not is_own_thing(doc, start) else 0.0


def _hinted(doc: Doc, start: int, end: int, clues: _Clues) -> float:
    """What weaker signs are worth: its servers, an attack on it."""
    own = doc.raw[doc.spans[end - 1][1] : doc.spans[end - 1][1] + 2] in {"'s", "’s"}
    held = start in clues.before["held_at"] or (
        own and not _HOLDINGS.isdisjoint(doc.stems[end + 1 : end + 2])
    )
    hit = start in clues.before["at"] or end in clues.starts["suffer"]
    way = start in clues.before["through"] and is_after_event(doc, start)
    at_it = start in clues.before["took_place"]
    return _HINTED * held + _HINTED * hit / 2 + _LIKELY * (way or at_it)
