"""Corroboration is of the statement, not of the messenger: product rule by rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alertd.core.corroboration import backing
from alertd.core.model import Account, Corroboration, Speaker, Status, Tier
from tests.core.accounts import account, claimed, denial, own

C0, C1, C2, C3, C4 = Corroboration
WIRE = (
    "The health payments firm said on Monday that somebody had broken into the portal by which "
    "doctors ask for authorisations and had copied the numbers of an unknown count of members, "
    "whose families may be concerned as well, before the access was shut on Sunday evening."
)
OTHER = (
    "Patients learned this week from letters of their insurers that a contractor lost control of "
    "its files: a reader sent us hers, two employees described how alarms went unheard for days, "
    "and a regulator wants to know why backups lay open on the same machine for everybody."
)


def worded(number: int, text: str, **fields: object) -> Account:
    return replace(account(number, "A", **fields), text=text)  # type: ignore[arg-type]  # fields of an account


@pytest.mark.parametrize("relays", [1, 2, 5])
def test_C0_only_criminals_say_so_whoever_relays_it(relays: int) -> None:
    told = [claimed(number, "A") for number in range(relays)]
    assert backing(told).level is C0
    assert backing(told).because[0].startswith("only criminals say so, relayed by publisher 0")


@pytest.mark.parametrize(
    "passed_on",
    [
        account(1, "A", tier=Tier.OFFICIAL, speaker=Speaker.AUTHORITY, status=Status.CLAIMED),
        account(1, "A", speaker=Speaker.ORGANISATION, status=Status.CLAIMED),
    ],
)
def test_C0_a_claim_that_is_passed_on_by_somebody_of_weight_stays_a_claim(
    passed_on: Account,
) -> None:
    assert backing([passed_on]).level is C0


def test_C1_one_publisher_with_its_own_evidence() -> None:
    found = backing([account(1, "A"), claimed(2, "A")])
    assert (found.level, found.because) == (C1, ("publisher 1 reports it",))


def test_C2_two_publishers_of_which_neither_cites_links_or_copies_the_other() -> None:
    found = backing([worded(1, WIRE), worded(2, OTHER)])
    assert found.level is C2
    assert found.because == (
        "publisher 1, publisher 2 report it, and none cites, links or copies another",
    )


@pytest.mark.parametrize(
    "text",
    [WIRE, WIRE.upper(), " ".join(WIRE.split()[:36]), f"{WIRE} {OTHER}", f"Breaking: {WIRE}"],
)
def test_near_copies_do_not_corroborate_whatever_is_cut_or_put_around_them(text: str) -> None:
    found = backing([worded(1, WIRE), worded(2, text, day=1)])
    assert found.level is C1
    assert found.because[1] == "publisher 2 does not count: it shares the wording of publisher 1"


def test_a_few_shared_words_are_no_copy() -> None:
    short = "The portal was broken into."
    assert backing([worded(1, short), worded(2, short)]).level is C2
    quoting = f"{OTHER} {' '.join(WIRE.split()[:12])}"
    assert backing([worded(1, WIRE), worded(2, quoting)]).level is C2


def test_relays_of_one_publisher_do_not_corroborate_one_another() -> None:
    cites = frozenset({"publisher 1"})
    told = [account(1, "A"), account(2, "A", day=1, cites=cites), account(3, "A", cites=cites)]
    found = backing(told)
    assert found.level is C1
    assert "publisher 2 does not count: it cites publisher 1" in found.because


def test_two_relays_of_a_third_that_is_not_at_hand_do_not_corroborate() -> None:
    told = [account(number, "A", cites=frozenset({"wire agency"})) for number in (1, 2)]
    found = backing(told)
    assert found.level is C1
    assert found.because[1] == "publisher 2 does not count: it relays what publisher 1 relays"


def test_a_copy_and_a_relay_hang_together_by_the_one_that_they_have_it_from() -> None:
    told = [
        worded(1, WIRE),
        worded(2, WIRE, day=1),
        worded(3, OTHER, day=2, cites=frozenset({"publisher 1"})),
    ]
    assert backing(told).level is C1
    assert backing([*told, account(4, "A", day=3)]).level is C2


def test_C3_the_organisations_own_words() -> None:
    found = backing([account(1, "A"), own(2, "A"), claimed(3, "A")])
    assert (found.level, found.because) == (C3, ("the organisation's own words, in publisher 2",))


def test_C4_a_regulator_or_official_register() -> None:
    assert backing([own(1, "A"), account(2, "A", tier=Tier.OFFICIAL)]).level is C4


@pytest.mark.parametrize("against", [Status.DISPUTED, Status.WITHDRAWN])
def test_C4_becomes_C1_while_another_official_source_contradicts_it(against: Status) -> None:
    found = backing(
        [account(1, "A", tier=Tier.OFFICIAL), account(2, "A", tier=Tier.OFFICIAL, status=against)]
    )
    assert found.level is C1
    assert found.because[1] == "another official source contradicts it: publisher 2"


@pytest.mark.parametrize(
    ("told", "level"),
    [
        ([denial(1, "A")], C0),
        ([claimed(1, "A"), denial(2, "A")], C0),
        ([account(1, "A"), denial(2, "A")], C1),
        ([account(1, "A"), account(2, "A", tier=Tier.OFFICIAL, status=Status.WITHDRAWN)], C1),
    ],
)
def test_who_denies_a_breach_does_not_confirm_it(told: list[Account], level: Corroboration) -> None:
    assert backing(told).level is level
