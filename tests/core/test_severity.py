from __future__ import annotations

import pytest

from alertd.core.model import Corroboration, DataType, People, Severity, Status
from alertd.core.severity import HIGH, MEDIUM, NOT_PERSONAL, severity

SLOW, CODE = frozenset({"slow_hash"}), frozenset({"card_code"})


def judge(
    *codes: DataType,
    status: Status = Status.CONFIRMED,
    corroboration: Corroboration = Corroboration.C3,
    people: People | None = None,
    forms: frozenset[str] = frozenset(),
) -> Severity:
    return severity(
        frozenset(codes),
        status=status,
        corroboration=corroboration,
        people=people,
        forms=forms,
    )


@pytest.mark.parametrize("code", sorted(DataType))
def test_each_kind_of_data_alone_has_the_base_of_the_table(code: DataType) -> None:
    low = Severity.MEDIUM if code is DataType.MINORS else Severity.LOW
    expected = (
        Severity.HIGH
        if code in HIGH
        else Severity.MEDIUM
        if code in MEDIUM
        else Severity.INFO
        if code in NOT_PERSONAL
        else low
    )
    assert judge(code) is expected


@pytest.mark.parametrize("other", [DataType.POSTAL_ADDRESS, DataType.PHONE])
def test_a_birth_date_with_a_way_to_reach_the_person_is_medium(other: DataType) -> None:
    assert judge(DataType.DATE_OF_BIRTH, other) is Severity.MEDIUM


def test_a_birth_date_alone_is_low() -> None:
    assert judge(DataType.DATE_OF_BIRTH, DataType.NAME) is Severity.LOW


def test_an_identity_number_with_a_birth_date_is_critical() -> None:
    assert judge(DataType.NATIONAL_ID, DataType.DATE_OF_BIRTH) is Severity.CRITICAL


def test_minors_raise_by_one_step() -> None:
    assert judge(DataType.HEALTH, DataType.MINORS) is Severity.CRITICAL


def test_a_card_with_its_code_is_critical() -> None:
    assert judge(DataType.PAYMENT_CARD, forms=CODE) is Severity.CRITICAL


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (People(1_000_000, 1_000_000), Severity.MEDIUM),
        (People(None, 2_000_000, "accounts"), Severity.MEDIUM),
        (People(999_999, 999_999), Severity.LOW),
        (People(5_000_000, 5_000_000, "records"), Severity.LOW),
    ],
)
def test_a_million_people_raise_by_one_step(people: People, expected: Severity) -> None:
    assert judge(DataType.EMAIL, people=people) is expected


def test_only_criminals_take_one_step_off_but_never_below_low() -> None:
    high = judge(DataType.HEALTH, corroboration=Corroboration.C0)
    low = judge(DataType.EMAIL, corroboration=Corroboration.C0)
    assert (high, low) == (Severity.MEDIUM, Severity.LOW)


def test_slow_hashes_take_one_step_off_where_passwords_are_the_worst() -> None:
    alone = judge(DataType.PASSWORD, DataType.EMAIL, forms=SLOW)
    beside = judge(DataType.PASSWORD, DataType.HEALTH, forms=SLOW)
    assert (alone, beside) == (Severity.MEDIUM, Severity.HIGH)


def test_unknown_types_are_info_for_criminals_and_low_otherwise() -> None:
    assert judge(corroboration=Corroboration.C0) is Severity.INFO
    assert judge(corroboration=Corroboration.C1) is Severity.LOW


def test_withdrawn_is_info_whatever_it_was() -> None:
    assert judge(DataType.NATIONAL_ID, status=Status.WITHDRAWN) is Severity.INFO


def test_nothing_rises_above_critical() -> None:
    worst = judge(*DataType, people=People(9_000_000, None), forms=CODE)
    assert worst is Severity.CRITICAL
