from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from alertd.core.assemble import assemble, changes
from alertd.core.model import (
    Account,
    Change,
    Corroboration,
    DataType,
    Incident,
    People,
    Severity,
    Speaker,
    Status,
    Tier,
)
from tests.core.accounts import account, claimed, denial, own, retraction

NIR, IBAN, BIRTH = DataType.NATIONAL_ID, DataType.BANK_ACCOUNT, DataType.DATE_OF_BIRTH

SENTENCE = "names and phone numbers of all of its members were copied"


def incident(*told: Account) -> Incident:
    return assemble(1, 1, told)


def test_the_order_of_accounts_does_not_matter() -> None:
    told = (
        account(1, "Almerys", types=(NIR,), issuers={NIR: "FR"}),
        own(2, "ALMERYS SAS", day=1, types=(NIR, BIRTH), people=9_000),
        account(3, "Almerys", day=2, denied=(IBAN,), speaker=Speaker.AUTHORITY),
    )
    assert len({repr(incident(*order)) for order in permutations(told)}) == 1


def test_spellings_of_one_name_become_aliases() -> None:
    found = incident(account(1, "Almerys"), account(2, "ALMERYS SAS", day=1), account(3, "Almerys"))
    assert [item.name for item in found.organisations] == ["Almerys"]
    assert found.organisations[0].aliases == ("ALMERYS SAS",)


def test_a_name_in_capitals_gives_way_to_another_spelling_however_often_it_comes() -> None:
    told = (account(1, "ALMERYS SAS"), account(2, "ALMERYS", day=1), account(3, "Almerys", day=2))
    assert {incident(*order).organisations[0].name for order in permutations(told)} == {"Almerys"}
    assert incident(*told[:2]).organisations[0].name == "ALMERYS SAS", "no other is known"


def test_the_earliest_dates_are_those_of_the_incident() -> None:
    late, early = account(1, "Almerys", day=3), account(2, "Almerys", day=1)
    assert incident(late, early).published == early.published


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([claimed(1, "A")], Corroboration.C0),
        ([claimed(1, "A"), claimed(2, "A", day=1)], Corroboration.C0),
        ([account(1, "A", tier=Tier.CLAIM)], Corroboration.C0),
        ([account(1, "A")], Corroboration.C1),
        ([account(1, "A"), account(2, "A")], Corroboration.C2),
        ([account(1, "A", publisher="x"), account(2, "A", publisher="X")], Corroboration.C1),
        (
            [account(1, "A", publisher="x"), account(2, "A", cites=frozenset({"x"}))],
            Corroboration.C1,
        ),
        (
            [
                account(1, "A", publisher="Bleeping Computer"),
                account(2, "A", cites=frozenset({"bleepingcomputer"})),
            ],
            Corroboration.C1,
        ),
        (
            [account(n, "A", evidence={"data_types": (SENTENCE,)}) for n in (1, 2)],
            Corroboration.C1,
        ),
        (
            [account(1, "A", title="Data of A leaked"), account(2, "A", title="Data of A leaked")],
            Corroboration.C1,
        ),
        ([own(1, "A")], Corroboration.C3),
        ([account(1, "A"), account(2, "A", tier=Tier.OFFICIAL)], Corroboration.C4),
        (
            [
                account(1, "A", tier=Tier.OFFICIAL),
                account(2, "A", tier=Tier.OFFICIAL, status=Status.DISPUTED),
            ],
            Corroboration.C1,
        ),
    ],
)
def test_corroboration_is_of_the_statement(told: list[Account], expected: Corroboration) -> None:
    assert incident(*told).corroboration is expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([claimed(1, "A")], Status.CLAIMED),
        ([claimed(1, "A"), own(2, "A", day=1)], Status.CONFIRMED),
        ([claimed(1, "A"), denial(2, "A", day=1)], Status.WITHDRAWN),
        (
            [
                claimed(1, "A", evidence={"published_data": ("for sale",)}),
                denial(2, "A", day=1),
            ],
            Status.DISPUTED,
        ),
        (
            [
                claimed(1, "A"),
                denial(2, "A", day=1, evidence={"published_data": ("a sample is online",)}),
            ],
            Status.DISPUTED,
        ),
        ([account(1, "A"), denial(2, "A", day=1)], Status.DISPUTED),
        (
            [claimed(1, "A"), account(2, "A", status=Status.CLAIMED), denial(3, "A", day=1)],
            Status.DISPUTED,
        ),
        (
            [claimed(1, "A"), account(2, "A", tier=Tier.OFFICIAL), denial(3, "A", day=1)],
            Status.DISPUTED,
        ),
        (
            [claimed(1, "A"), account(2, "A", day=1, status=Status.DISPUTED)],
            Status.DISPUTED,
        ),
        ([denial(1, "A")], Status.DISPUTED),
        (
            [
                account(1, "A", publisher="x"),
                account(2, "A", day=1, publisher="x", status=Status.WITHDRAWN),
            ],
            Status.WITHDRAWN,
        ),
        (
            [account(1, "A"), account(2, "A", day=1, tier=Tier.OFFICIAL, status=Status.WITHDRAWN)],
            Status.WITHDRAWN,
        ),
        (
            [
                claimed(1, "A"),
                denial(2, "A", day=1),
                own(3, "A", day=9),
            ],
            Status.CONFIRMED,
        ),
        ([own(1, "A"), retraction(2, "A", day=9)], Status.WITHDRAWN),
    ],
)
def test_a_denial_withdraws_only_as_the_rules_say(told: list[Account], expected: Status) -> None:
    assert incident(*told).status is expected


def test_a_type_denied_by_the_organisation_beats_a_criminals_claim_of_it() -> None:
    found = incident(
        own(1, "A", day=0, denied=(IBAN,)),
        claimed(2, "A", day=1, types=(IBAN, NIR)),
    )
    assert (found.data_types, found.not_exposed) == (frozenset({NIR}), frozenset({IBAN}))
    assert found.dissent["not_exposed"] == ("publisher 2: bank-account",)


def test_a_later_update_takes_a_type_back_and_another_puts_one_in() -> None:
    found = incident(
        own(1, "A", types=(NIR,), denied=(IBAN,)),
        own(2, "A", day=4, types=(IBAN,), denied=(NIR,)),
    )
    assert (found.data_types, found.not_exposed) == (frozenset({IBAN}), frozenset({NIR}))


def test_criminals_cannot_deny_what_others_report() -> None:
    found = incident(account(1, "A", types=(NIR,)), claimed(2, "A", day=1, denied=(NIR,)))
    assert found.data_types == {NIR}
    assert "data_types" in found.dissent


def test_the_organisations_count_beats_the_criminals_and_they_are_named() -> None:
    found = incident(claimed(1, "A", day=2, people=27_000_000), own(2, "A", people=300_000))
    assert found.people == People(300_000, 300_000)
    assert found.dissent["people"] == ("publisher 1: 27000000 people",)


def test_severity_follows_types_people_and_forms_of_the_data() -> None:
    hashed = own(1, "A", types=(DataType.PASSWORD,), evidence={"slow_hash": ("bcrypt hashes",)})
    assert incident(hashed).severity is Severity.MEDIUM
    assert incident(own(1, "A", types=(NIR, BIRTH))).severity is Severity.CRITICAL


def test_issuers_are_kept_for_what_was_exposed_only() -> None:
    found = incident(own(1, "A", types=(NIR,), issuers={NIR: "FR", IBAN: "FR"}))
    assert found.issuers == {NIR: "FR"}


BEFORE = incident(claimed(1, "A", types=(NIR,), people=1_000))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, set()),
        ({"title": "another title", "countries": frozenset({"FR"})}, set()),
        ({"data_types": frozenset({NIR, IBAN})}, {Change.DATA_TYPES}),
        ({"data_types": frozenset(), "not_exposed": frozenset({NIR})}, {Change.DATA_TYPES}),
        ({"people": People(1_499, 1_499)}, set()),
        ({"people": People(1_500, 1_500)}, {Change.PEOPLE}),
        ({"people": People(500, 500)}, {Change.PEOPLE}),
        ({"people": People(9_000, 9_000, "records")}, set()),
        ({"status": Status.CONFIRMED}, {Change.CONFIRMED}),
        ({"status": Status.DISPUTED}, {Change.DISPUTED}),
        ({"status": Status.WITHDRAWN}, {Change.WITHDRAWN}),
        ({"via": BEFORE.organisations}, {Change.VIA}),
    ],
)
def test_only_material_differences_are_changes(
    fields: dict[str, object], expected: set[Change]
) -> None:
    assert changes(BEFORE, replace(BEFORE, **fields)) == expected  # type: ignore[arg-type]  # fields of an incident


def test_a_count_that_becomes_known_is_a_change() -> None:
    unknown = replace(BEFORE, people=None)
    assert changes(unknown, BEFORE) == {Change.PEOPLE}


def test_a_new_organisation_is_a_change_and_a_new_spelling_is_none() -> None:
    joined = incident(claimed(1, "A", "B", types=(NIR,), people=1_000))
    spelt = incident(claimed(1, "A", types=(NIR,), people=1_000), claimed(2, "A SAS", day=1))
    assert changes(BEFORE, joined) == {Change.ORGANISATIONS}
    assert changes(BEFORE, spelt) == set()
