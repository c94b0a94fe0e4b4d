"""How well a statement is supported, C0 to C4, and why: of the statement, not of the messenger.

The rules are those of product.md section 6.  Near-copies and relays do not corroborate: of
publishers that cite, link or copy one another, or all relay the same third, one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

from alertd.core.model import Account, Corroboration, Speaker, Status, Tier
from alertd.core.names import fold, words
from alertd.core.support import DENIALS, order, rank

_WORDY: Final = 30
"""Words of a text below which shared wording proves nothing."""
_CUT: Final = 4_000
_READ: Final = 400
"""Words of a text that are compared: news items say what happened at their head."""
_GRAM: Final = 4
_MOST: Final = 100
"""Reporters whose wording is compared: the first; beyond them nothing hangs on one more."""
_ALIKE: Final = 0.5
"""The share of the shorter text's four-word runs that stand in the longer one, from which on
it is a copy: two writers on one event share some of a statement that both quote, not half."""
_TITLE: Final = 3
"""Words of a title below which two publishers may write the same by chance."""
_SENTENCE: Final = 8
"""Words that two publishers do not write alike by chance."""


@dataclass(frozen=True, slots=True)
class Backing:
    """How well a statement is supported, and why in words, a sentence each."""

    level: Corroboration
    because: tuple[str, ...]


def corroboration(told: Sequence[Account]) -> Corroboration:
    """How well the whole is supported (C0 to C4)."""
    return backing(told).level


def backing(told: Sequence[Account]) -> Backing:
    """How well the whole is supported, and why.  Those who deny it support nothing."""
    by_voice: dict[Speaker, list[Account]] = {speaker: [] for speaker in Speaker}
    for account in sorted(told, key=order):
        if account.facts.status not in DENIALS:
            by_voice[voice(account)].append(account)
    if by_voice[Speaker.AUTHORITY]:
        return _official(by_voice[Speaker.AUTHORITY], told)
    if by_voice[Speaker.ORGANISATION]:
        said = _publishers(by_voice[Speaker.ORGANISATION])
        return Backing(Corroboration.C3, (f"the organisation's own words, in {said}",))
    if by_voice[Speaker.REPORTER]:
        return _reported(by_voice[Speaker.REPORTER])
    relays = by_voice[Speaker.CRIMINALS]
    said = f"only criminals say so, relayed by {_publishers(relays)}"
    nobody = "nobody but those who deny it has told of it"
    return Backing(Corroboration.C0, (said if relays else nobody,))


def voice(account: Account) -> Speaker:
    """Whose statement an account carries; a claim stays the criminals', whoever passes it on."""
    passed_on = (
        account.facts.status is Status.CLAIMED and account.facts.speaker is not Speaker.REPORTER
    )
    if account.tier is Tier.CLAIM or passed_on:
        return Speaker.CRIMINALS
    return Speaker.AUTHORITY if account.tier is Tier.OFFICIAL else account.facts.speaker


def _official(said: Sequence[Account], told: Sequence[Account]) -> Backing:
    against = [
        item for item in told if item.facts.status in DENIALS and rank(item) == rank(said[0])
    ]
    because = f"an authority or official register says so: {_publishers(said)}"
    if not against:
        return Backing(Corroboration.C4, (because,))
    other = f"another official source contradicts it: {_publishers(against)}"
    return Backing(Corroboration.C1, (because, other))


def _reported(reporters: Sequence[Account]) -> Backing:
    families = _families(reporters)
    firsts = [family[0] for family in families]
    notes = tuple(
        note for family in families for item in _others(family) if (note := _note(item, family))
    )
    if len(families) > 1:
        said = f"{_publishers(firsts)} report it, and none cites, links or copies another"
        return Backing(Corroboration.C2, (said, *notes))
    return Backing(Corroboration.C1, (f"{firsts[0].publisher} reports it", *notes))


def _others(family: Sequence[Account]) -> list[Account]:
    """One account of each further publisher of a family."""
    by_name = {_key(item.publisher): item for item in reversed(family)}
    by_name.pop(_key(family[0].publisher))
    return sorted(by_name.values(), key=order)


def _note(item: Account, family: Sequence[Account]) -> str:
    others = [other for other in family if _key(other.publisher) != _key(item.publisher)]
    for other in others:
        if _key(other.publisher) in _cited(item):
            return f"{item.publisher} does not count: it cites {other.publisher}"
        if _key(item.publisher) in _cited(other):
            return f"{item.publisher} does not count: {other.publisher} cites it"
    for other in others:
        if _copies(item, other):
            return f"{item.publisher} does not count: it shares the wording of {other.publisher}"
    return f"{item.publisher} does not count: it relays what {others[0].publisher} relays"


def _families(reporters: Sequence[Account]) -> list[list[Account]]:
    """Reporters by where they have it from: publishers that hang together are one family."""
    known: dict[str, set[str]] = {}
    for item in reporters:
        _unite(known, {_key(item.publisher), *_cited(item)})
    for one, two in combinations(reporters[:_MOST], 2):
        names = _key(one.publisher), _key(two.publisher)
        if known[names[0]] is not known[names[1]] and _copies(one, two):
            _unite(known, set(names))
    found: dict[int, list[Account]] = {}
    for item in reporters:
        found.setdefault(id(known[_key(item.publisher)]), []).append(item)
    return list(found.values())


def _unite(known: dict[str, set[str]], names: set[str]) -> None:
    family = set().union(*(known.get(name, {name}) for name in names))
    known.update(dict.fromkeys(family, family))


def _cited(item: Account) -> frozenset[str]:
    return frozenset(name.replace(" ", "") for name in item.facts.cites)


def _key(publisher: str) -> str:
    """A publisher's name, folded and without spaces: "Bleeping Computer" is one word, too."""
    return fold(publisher).replace(" ", "")


def _copies(one: Account, two: Account) -> bool:
    """Whether two accounts share their title, a sentence, or half of their wording."""
    if fold(one.title) == fold(two.title) and len(one.title.split()) >= _TITLE:
        return True
    evidence: list[Mapping[str, tuple[str, ...]]] = [one.facts.evidence, two.facts.evidence]
    quoted = [set(found.get("data_types", ())) for found in evidence]
    if any(len(said.split()) >= _SENTENCE for said in quoted[0] & quoted[1]):
        return True
    left, right = _grams(one.text[:_CUT]), _grams(two.text[:_CUT])
    shorter = min(len(left), len(right))
    return shorter > _WORDY - _GRAM and len(left & right) >= _ALIKE * shorter


@lru_cache(maxsize=_MOST)
def _grams(text: str) -> frozenset[int]:
    """The runs of four words of a text, each as a number."""
    found = words(text)[:_READ]
    return frozenset(map(hash, zip(*(found[start:] for start in range(_GRAM)), strict=False)))


def _publishers(accounts: Iterable[Account]) -> str:
    return ", ".join(dict.fromkeys(item.publisher for item in accounts))
