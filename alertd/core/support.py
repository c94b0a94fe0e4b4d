"""How well a statement is supported: whose word it is, and what that makes of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import combinations
from typing import Final

from alertd.core.model import Account, Corroboration, DataType, Speaker, Status, Tier
from alertd.core.names import fold

RANKS: Final = {
    Speaker.CRIMINALS: 0,
    Speaker.REPORTER: 1,
    Speaker.ORGANISATION: 2,
    Speaker.AUTHORITY: 3,
}
"""An authority is believed before the organisation, that before a reporter, criminals last."""

_INDEPENDENT: Final = frozenset({RANKS[Speaker.REPORTER], RANKS[Speaker.AUTHORITY]})
_DENIALS: Final = frozenset({Status.DISPUTED, Status.WITHDRAWN})
_COPIED: Final = 2
_SENTENCE: Final = 8
"""Words that two publishers do not write alike by chance."""


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


def corroboration(told: Sequence[Account]) -> Corroboration:
    """How well the whole is supported (C0 to C4, product.md section 6)."""
    ranks = [rank(account) for account in told]
    standing = [account for account in told if account.facts.status is Status.CONFIRMED]
    if RANKS[Speaker.AUTHORITY] in ranks:
        against = any(
            rank(account) == RANKS[Speaker.AUTHORITY] and account not in standing
            for account in told
        )
        backed = any(rank(account) == RANKS[Speaker.AUTHORITY] for account in standing)
        return Corroboration.C1 if against and backed else Corroboration.C4
    if RANKS[Speaker.ORGANISATION] in ranks:
        return Corroboration.C3
    reporters = [account for account in told if rank(account) == RANKS[Speaker.REPORTER]]
    if any(_independent(one, two) for one, two in combinations(reporters, 2)):
        return Corroboration.C2
    return Corroboration.C1 if reporters else Corroboration.C0


def _independent(one: Account, two: Account) -> bool:
    """Whether neither of two publishers is, cites or copies the other."""
    names = _squashed(fold(one.publisher)), _squashed(fold(two.publisher))
    cited = {_squashed(name) for item in (one, two) for name in item.facts.cites}
    if names[0] == names[1] or not cited.isdisjoint(names):
        return False
    if one.title and fold(one.title) == fold(two.title) and len(one.title.split()) > _COPIED:
        return False
    same = set(one.facts.evidence.get("data_types", ())) & set(
        two.facts.evidence.get("data_types", ())
    )
    return not any(len(words.split()) >= _SENTENCE for words in same)


def _squashed(key: str) -> str:
    """A folded name without spaces: "Bleeping Computer" is "BleepingComputer"."""
    return key.replace(" ", "")


def status(told: Sequence[Account]) -> Status:
    """Withdrawn and disputed as product.md section 6 says; a later confirmation ends both."""
    denials = [item for item in told if item.facts.status in _DENIALS]
    solid = [item for item in told if item.facts.status is Status.CONFIRMED and rank(item) > 0]
    standing = [item for item in solid if not denials or item.published > _last(denials).published]
    if not denials or standing:
        return Status.CONFIRMED if solid else Status.CLAIMED
    return Status.WITHDRAWN if any(_takes_back(item, told) for item in denials) else Status.DISPUTED


def _last(accounts: Sequence[Account]) -> Account:
    return max(accounts, key=order)


def _takes_back(denial: Account, told: Sequence[Account]) -> bool:
    """Whether a denial ends the matter: by its first source, officially, or unopposed.

    The organisation's denial is opposed by any reporter or authority that tells of the breach,
    even as a claim, and by published data, whoever tells of them (product.md section 6).
    """
    if denial.facts.status is Status.WITHDRAWN and (
        rank(denial) == RANKS[Speaker.AUTHORITY]
        or fold(denial.publisher) == fold(told[0].publisher)
    ):
        return True
    others = [item for item in told if item.facts.status not in _DENIALS]
    if denial.facts.speaker is not Speaker.ORGANISATION or not (
        others or denial.facts.status is Status.WITHDRAWN
    ):
        return False
    opposed = any(rank(item) in _INDEPENDENT for item in others)
    published = any("published_data" in item.facts.evidence for item in told)
    return not opposed and not published
