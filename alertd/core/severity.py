"""How much harm an incident's data can do: the table of product.md section 6."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from alertd.core.model import Corroboration, DataType, People, Severity, Status

HIGH: Final = frozenset(
    {
        DataType.PAYMENT_CARD,
        DataType.BANK_ACCOUNT,
        DataType.NATIONAL_ID,
        DataType.TAX_ID,
        DataType.IDENTITY_DOCUMENT,
        DataType.PASSWORD,
        DataType.HEALTH,
        DataType.GENETIC,
        DataType.BIOMETRIC,
        DataType.SPECIAL_CATEGORY,
    }
)
MEDIUM: Final = frozenset(
    {
        DataType.CREDENTIALS_OTHER,
        DataType.HEALTH_INSURANCE,
        DataType.FINANCIAL_OTHER,
        DataType.COMMUNICATIONS,
        DataType.LOCATION,
    }
)
NOT_PERSONAL: Final = frozenset({DataType.BUSINESS_RECORDS, DataType.SOURCE_CODE_SECRETS})
_IDENTITY_NUMBERS: Final = frozenset(
    {DataType.NATIONAL_ID, DataType.TAX_ID, DataType.IDENTITY_DOCUMENT}
)
_REACHABLE: Final = frozenset({DataType.POSTAL_ADDRESS, DataType.PHONE})
_MONEY: Final = frozenset({DataType.PAYMENT_CARD, DataType.BANK_ACCOUNT})
_COUNTED: Final = frozenset({"people", "accounts", "households"})
_MANY: Final = 1_000_000
_LADDER: Final = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Step:
    """What raises, lowers or sets a severity, in words."""

    change: int
    because: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A severity with how it came about: the base and each step from it."""

    severity: Severity
    base: Severity
    because: str
    steps: tuple[Step, ...] = ()


def severity(
    data_types: AbstractSet[DataType],
    *,
    status: Status,
    corroboration: Corroboration,
    people: People | None = None,
    forms: AbstractSet[str] = frozenset(),
) -> Severity:
    """The severity of an incident; the arguments are those of ``weighed``."""
    return weighed(
        data_types, status=status, corroboration=corroboration, people=people, forms=forms
    ).severity


def weighed(
    data_types: AbstractSet[DataType],
    *,
    status: Status,
    corroboration: Corroboration,
    people: People | None = None,
    forms: AbstractSet[str] = frozenset(),
) -> Weighed:
    """The severity of an incident, step by step.

    Args:
        data_types: what was exposed; empty if that is not known.
        status: a withdrawn incident is info whatever it was.
        corroboration: C0 takes one step off, never below low.
        people: a million people, accounts or households add a step.
        forms: how the data lay open, as the evidence tells it: ``slow_hash`` and ``fast_hash``
            of passwords, ``card_code`` for card or bank data in clear with their code.
    """
    if status is Status.WITHDRAWN:
        return Weighed(Severity.INFO, Severity.INFO, "it has been taken back")
    base, because = _base(data_types, corroboration)
    if base is Severity.INFO:
        return Weighed(base, base, because)
    steps = (*_ups(data_types, people, forms), *_downs(data_types, corroboration, forms))
    rank = base.rank + sum(step.change for step in steps)
    bounded = max(Severity.LOW.rank, min(Severity.CRITICAL.rank, rank))
    return Weighed(_LADDER[bounded], base, because, steps)


def _base(data_types: AbstractSet[DataType], corroboration: Corroboration) -> tuple[Severity, str]:
    if not data_types:
        if corroboration is Corroboration.C0:
            return Severity.INFO, "criminals alone say so, and not which data"
        return Severity.LOW, "it is not known which data"
    if data_types <= NOT_PERSONAL:
        return Severity.INFO, "no personal data"
    if found := data_types & HIGH:
        return Severity.HIGH, ", ".join(sorted(found))
    if found := data_types & MEDIUM:
        return Severity.MEDIUM, ", ".join(sorted(found))
    reachable = data_types & _REACHABLE
    if DataType.DATE_OF_BIRTH in data_types and reachable:
        return Severity.MEDIUM, f"date-of-birth with {', '.join(sorted(reachable))}"
    return Severity.LOW, ", ".join(sorted(data_types - NOT_PERSONAL))


def _ups(
    data_types: AbstractSet[DataType], people: People | None, forms: AbstractSet[str]
) -> Iterator[Step]:
    numbers = data_types & _IDENTITY_NUMBERS
    money = data_types & _MONEY
    if DataType.MINORS in data_types:
        yield Step(1, "children are among them")
    if numbers and DataType.DATE_OF_BIRTH in data_types:
        yield Step(1, f"{', '.join(sorted(numbers))} with date-of-birth")
    if money and "card_code" in forms:
        yield Step(1, f"{', '.join(sorted(money))} in clear with the code")
    if _count(people) >= _MANY:
        yield Step(1, "a million people or more")


def _downs(
    data_types: AbstractSet[DataType], corroboration: Corroboration, forms: AbstractSet[str]
) -> Iterator[Step]:
    if corroboration is Corroboration.C0:
        yield Step(-1, "criminals alone say so")
    slow = "slow_hash" in forms and "fast_hash" not in forms
    if slow and data_types & HIGH == {DataType.PASSWORD}:
        yield Step(-1, "the passwords are salted slow hashes")


def _count(people: People | None) -> int:
    if people is None or people.unit not in _COUNTED:
        return 0
    return people.low or people.high or 0
