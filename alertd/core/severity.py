"""How much harm an incident's data can do: the table of product.md section 6."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
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


def severity(
    data_types: AbstractSet[DataType],
    *,
    status: Status,
    corroboration: Corroboration,
    people: People | None = None,
    slow_hashes: bool = False,
    with_code: bool = False,
) -> Severity:
    """The severity of an incident.

    Args:
        data_types: what was exposed; empty if that is not known.
        status: a withdrawn incident is info whatever it was.
        corroboration: C0 takes one step off, never below low.
        people: a million people, accounts or households add a step.
        slow_hashes: the passwords are salted slow hashes only.
        with_code: card or bank data lie open together with their code.
    """
    if status is Status.WITHDRAWN:
        return Severity.INFO
    base = _base(data_types, corroboration)
    if base is Severity.INFO:
        return base
    steps = _ups(data_types, people, with_code=with_code)
    steps -= _downs(data_types, corroboration, slow_hashes=slow_hashes)
    rank = max(Severity.LOW.rank, min(Severity.CRITICAL.rank, base.rank + steps))
    return _LADDER[rank]


def _base(data_types: AbstractSet[DataType], corroboration: Corroboration) -> Severity:
    if not data_types:
        return Severity.INFO if corroboration is Corroboration.C0 else Severity.LOW
    if data_types <= NOT_PERSONAL:
        return Severity.INFO
    if data_types & HIGH:
        return Severity.HIGH
    reachable = DataType.DATE_OF_BIRTH in data_types and data_types & _REACHABLE
    return Severity.MEDIUM if data_types & MEDIUM or reachable else Severity.LOW


def _ups(data_types: AbstractSet[DataType], people: People | None, *, with_code: bool) -> int:
    born = DataType.DATE_OF_BIRTH in data_types
    return sum(
        (
            DataType.MINORS in data_types,
            born and bool(data_types & _IDENTITY_NUMBERS),
            with_code and bool(data_types & _MONEY),
            _count(people) >= _MANY,
        )
    )


def _downs(
    data_types: AbstractSet[DataType], corroboration: Corroboration, *, slow_hashes: bool
) -> int:
    only_passwords = data_types & HIGH == {DataType.PASSWORD}
    return (corroboration is Corroboration.C0) + (slow_hashes and only_passwords)


def _count(people: People | None) -> int:
    if people is None or people.unit not in _COUNTED:
        return 0
    return people.low or people.high or 0
