"""Whose word counts how much: what was exposed, and how far the breach is established."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from alertd.core.model import Account, DataType, Speaker, Status, Tier
from alertd.core.names import fold

RANKS: Final = {
    Speaker.CRIMINALS: 0,
    Speaker.REPORTER: 1,
    Speaker.ORGANISATION: 2,
    Speaker.AUTHORITY: 3,
}
"""An authority is believed before the organisation, that before a reporter, criminals last."""

_INDEPENDENT: Final = frozenset({RANKS[Speaker.REPORTER], RANKS[Speaker.AUTHORITY]})
DENIALS: Final = frozenset({Status.DISPUTED, Status.WITHDRAWN})
"""What those say who stand against it."""


def order(account: Account) -> tuple[object, ...]:
    """The place of an account in time."""
    return (account.published, account.first_seen, account.report, account.part)


def rank(account: Account) -> int:
    """The weight of an account: its publisher's where that is fixed, else its speaker's."""
    if account.tier is Tier.CLAIM:
        return RANKS[Speaker.CRIMINALS]
    if account.tier is Tier.OFFICIAL:
        return RANKS[Speaker.AUTHORITY]
    return RANKS[account.facts.speaker]


def types(told: Sequence[Account]) -> tuple[frozenset[DataType], frozenset[DataType]]:
    """What was exposed and what was not; a type is in one of them at most."""
    named = {
        code for account in told for code in account.facts.data_types | account.facts.not_exposed
    }
    denied = {code for code in named if _is_denied(told, code)}
    return frozenset(named - denied), frozenset(denied)


def _is_denied(told: Sequence[Account], code: DataType) -> bool:
    """A later word of equal or greater weight prevails; any such word against a criminal's."""
    yes = [account for account in told if code in account.facts.data_types]
    no = [account for account in told if code in account.facts.not_exposed]
    if not yes or not no:
        return not yes
    claim, denial = max(map(rank, yes)), max(map(rank, no))
    if denial <= RANKS[Speaker.CRIMINALS] or denial < claim:
        return False
    if claim == RANKS[Speaker.CRIMINALS]:
        return True
    return _latest(no) > _latest(yes)


def _latest(accounts: Iterable[Account]) -> datetime:
    return max(account.published for account in accounts)


def status(told: Sequence[Account]) -> Status:
    """Withdrawn and disputed as product.md section 6 says; a later word as weighty ends both."""
    solid = [item for item in told if item.facts.status is Status.CONFIRMED and rank(item) > 0]
    denials = [item for item in told if item.facts.status in DENIALS]
    standing = [item for item in denials if not any(_answers(later, item) for later in solid)]
    if not standing:
        return Status.CONFIRMED if solid else Status.CLAIMED
    if any(_takes_back(item, told) for item in standing):
        return Status.WITHDRAWN
    return Status.DISPUTED


def _answers(later: Account, denial: Account) -> bool:
    """Whether a later report ends a denial: by a word as weighty, or of the same publisher."""
    same = fold(later.publisher) == fold(denial.publisher)
    return later.published > denial.published and (same or rank(later) >= rank(denial))


def _takes_back(denial: Account, told: Sequence[Account]) -> bool:
    """Whether a denial ends the matter: by its first source, officially, or unopposed.

    An official word that another official source contradicts settles nothing.  The
    organisation's denial is opposed by any reporter or authority that tells of the breach,
    even as a claim, and by published data, whoever tells of them (product.md section 6).
    """
    others = [item for item in told if item.facts.status not in DENIALS]
    if denial.facts.status is Status.WITHDRAWN:
        first = min(told, key=_begun)
        if fold(denial.publisher) == fold(first.publisher):
            return True
        if rank(denial) == RANKS[Speaker.AUTHORITY]:
            return not any(_contradicts(item, denial) for item in others)
    if denial.facts.speaker is not Speaker.ORGANISATION or not (
        others or denial.facts.status is Status.WITHDRAWN
    ):
        return False
    opposed = any(rank(item) in _INDEPENDENT for item in others)
    published = any("published_data" in item.facts.evidence for item in told)
    return not opposed and not published


def _contradicts(item: Account, denial: Account) -> bool:
    """Whether it is another official source's word."""
    return rank(item) == rank(denial) and fold(item.publisher) != fold(denial.publisher)


def _begun(account: Account) -> tuple[object, ...]:
    """When a report first told of it: a new version of an old item is no younger than that."""
    return (min(account.published, account.first_seen), *order(account))
