from __future__ import annotations

from dataclasses import replace

import pytest

from alertd.core.cluster import group
from alertd.core.compare import card, features, keys
from alertd.core.model import Account, DataType, Facts, Report, Tier
from alertd.core.names import fold
from alertd.core.spellings import nearness, spellings
from alertd.core.understand import understand
from alertd.lexicon import load, weights
from fit.events import EXPECTED
from tests.core.accounts import account, claimed, organisation

WEIGHTS = weights()["cluster"]


def telling(one: Account, *words: str, again: str = "") -> Account:
    evidence = {"again": (again,)} if again else {}
    return replace(one, facts=replace(one.facts, words=frozenset(words), evidence=evidence))


def listed(report: int, name: str, *, people: int | None = None, day: float = 0) -> Account:
    told = account(report, name, people=people, day=day, publisher="a register", tier=Tier.OFFICIAL)
    return replace(told, url="https://register.example/breaches.html")


SAME = {
    "one name with its legal form, a day later": (
        account(1, "Larkspur"),
        account(2, "Larkspur GmbH", day=1),
    ),
    "an article before the name, in another language": (
        account(1, "Ministère de la Culture"),
        account(2, "le ministère de la Culture", day=3),
    ),
    "the bank with and without the word bank": (
        account(1, "Banco Larkspur"),
        account(2, "Larkspur", day=6),
    ),
    "the acronym of the name, given by the text, with a count that agrees": (
        telling(account(1, "FLR", people=281_977), "=federation larkspur de rugby"),
        account(2, "Fédération Larkspur de Rugby", day=4, people=282_000),
    ),
    "a joined name and its words": (
        account(1, "LarkSpurShop", people=138_424),
        account(2, "Lark Spur Shop", day=90, people=138_443),
    ),
    "a register's notice months later with the very count": (
        account(1, "Larkspur Clinic", people=38_217),
        account(2, "Larkspur Clinic", day=70, people=38_217, tier=Tier.OFFICIAL),
    ),
    "a gang's claim, then a report that names the gang": (
        telling(claimed(1, "Larkspur", tier=Tier.CLAIM), "rhysida", "343"),
        telling(account(2, "Larkspur", day=48), "rhysida", "7800"),
    ),
    "the same stated day of the event, told half a year apart": (
        account(1, "Larkspur", incident_date="2026-01-16"),
        account(2, "Larkspur", day=180, incident_date="2026-01-16"),
    ),
    "a month that holds the other's day": (
        account(1, "Larkspur", incident_date="2025-12"),
        account(2, "Larkspur", day=60, incident_date="2025-12-22"),
    ),
}

DIFFERENT = {
    "another town of the same name's beginning": (
        account(1, "Orange"),
        account(2, "Orange County", day=2),
    ),
    "the same name two years later": (account(1, "Larkspur"), account(2, "Larkspur", day=730)),
    "events on days far apart": (
        account(1, "Larkspur", incident_date="2024-02-03"),
        account(2, "Larkspur", day=2, incident_date="2026-05-03"),
    ),
    "told before the event": (
        account(1, "Larkspur"),
        account(2, "Larkspur", day=90, incident_date="2026-07-25"),
    ),
    "a second breach, as the later text says": (
        telling(account(1, "Larkspur"), "compas"),
        telling(account(2, "Larkspur", day=40), "portail", again="Larkspur hit again"),
    ),
    "a body of like name, as one text says": (
        account(1, "NorthStar Logistics"),
        telling(account(2, "North Star Logistics", day=9), "!northstar logistics"),
    ),
    "two rows of one list with other counts": (
        listed(1, "Larkspur Health Plan", people=609),
        listed(2, "Larkspur Health Plan", people=2_733, day=60),
    ),
    "two names that both texts mention": (
        telling(account(1, "Viamedis", people=33_000_000), "almerys", "33000000"),
        telling(account(2, "Almerys", people=33_000_000), "viamedis", "33000000"),
    ),
    "another branch of a chain of hospitals": (
        account(1, "Larkspur Hospital Dallas", day=0),
        account(2, "Larkspur Hospital Houston", day=200),
    ),
}

CHAIN = {
    "a supplier and its client": (
        account(1, "Itelis"),
        account(2, "Mutuelle du Nord", day=1, via=("Itelis",)),
    ),
    "two clients of one supplier with one count": (
        account(1, "Mutuelle du Nord", via=("Itelis",), people=5_000_000),
        account(2, "Mutuelle du Sud", via=("Itelis",), people=5_000_000),
    ),
    "a client that the supplier's report mentions": (
        telling(account(1, "Itelis", people=900_000), "mutuelle du nord"),
        account(2, "Mutuelle du Nord", day=1, via=("Itelis",)),
    ),
}


@pytest.mark.parametrize("why", SAME)
def test_accounts_of_one_incident_are_joined(why: str) -> None:
    assert group(SAME[why], WEIGHTS) == ((0, 1),)


@pytest.mark.parametrize("why", DIFFERENT)
def test_accounts_of_different_incidents_stay_apart(why: str) -> None:
    assert group(DIFFERENT[why], WEIGHTS) == ((0,), (1,))


@pytest.mark.parametrize("why", CHAIN)
def test_the_links_of_a_chain_stay_apart(why: str) -> None:
    assert group(CHAIN[why], WEIGHTS) == ((0,), (1,))


@pytest.mark.parametrize("why", [*SAME, *DIFFERENT, *CHAIN])
def test_comparing_is_the_same_in_both_directions(why: str) -> None:
    one, two = map(card, (SAME | DIFFERENT | CHAIN)[why])
    assert features(one, two) == features(two, one)


def test_the_parts_of_a_round_up_stay_apart_however_alike() -> None:
    one = account(1, "Viamedis", people=33_000_000)
    other = replace(account(1, "Viamedis Almerys", people=33_000_000), part=1)
    assert group((one, other), WEIGHTS) == ((0,), (1,))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Almérys SAS", "Almerys", "same"),
        ("MagicDuel", "Magic Duel", "same"),
        ("Larkspur Mobile", "larkspurmobile", "joined"),
        ("Banque Larkspur", "Larkspur", "padded"),
        ("Midwest Care Specialist", "Midwest Care Specialists", "padded"),
        ("Tri Rivers Imaging Ohio", "Tri Rivers Imaging", "within"),
        ("Orange", "Orange County", "one_word"),
        ("Larkspur Society of Nurses", "LSN", "initials"),
        ("Larkspuria", "Larkspur", "start"),
        ("Orange", "Banane", "far"),
        ("Regional Medical Center", "University Medical Center", "like"),
    ],
)
def test_names_are_near_in_degrees(one: str, other: str, expected: str) -> None:
    left, right = (spellings([organisation(name)], ()) for name in (one, other))
    assert (nearness(left, right), nearness(right, left)) == (expected, expected)


def test_a_page_that_lists_many_incidents_is_no_key() -> None:
    facts = Facts(organisations=(organisation("Larkspur"),))
    assert not any(key.startswith("url:") for key in keys(facts, "https://ag.example/breaches.jsf"))
    assert "url:https://ag.example/larkspur" in keys(facts, "https://ag.example/larkspur")
    assert "url:https://ag.example/n/48219" in keys(facts, "https://ag.example/n/48219")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_no_fitted_weight_is_against_sense(name: str) -> None:
    expected, fitted = EXPECTED[name], WEIGHTS.get(name, 0.0)
    assert fitted >= 0 or expected < 1
    assert fitted <= 0 or expected > -0.3


def test_every_feature_has_a_weight() -> None:
    pairs = (SAME | DIFFERENT | CHAIN).values()
    used = {name for one, two in pairs for name in features(card(one), card(two))}
    unfitted = {"count_very_far", "event_told_over_45"}
    assert used - unfitted <= WEIGHTS.keys()


def read(title: str, text: str) -> Facts:
    report = Report(source="press", key="1", url="", title=title, text=text)
    return understand(report, load()).incidents[0]


def test_a_text_gives_the_other_names_and_numbers_that_tell() -> None:
    found = read(
        "Larkspur Mutual data breach",
        "Larkspur Mutual (LKM) confirmed a data breach. Names and e-mail addresses of 5.1 million"
        " customers were stolen by Rhysida, which asked for 343,500 dollars in 2025.",
    )
    assert {"=lkm", "5100000", "343500"} <= found.words
    assert "2025" not in found.words
    assert len(found.words) <= 26


def test_a_text_tells_whom_it_does_not_mean_and_that_it_is_another_time() -> None:
    found = read(
        "Larkspur Mutual suffers second data breach",
        "Larkspur Mutual suffered a data breach; customer names were stolen. The firm is not to"
        " be confused with Delphinium Bank.",
    )
    assert f"!{fold('Delphinium Bank')}" in found.words
    assert found.evidence["again"] == ("Larkspur Mutual suffers second data breach",)


def test_kinds_of_data_speak_for_and_against() -> None:
    one = account(1, "Larkspur", types=(DataType.EMAIL, DataType.NAME))
    other = account(2, "Larkspur", types=(DataType.EMAIL, DataType.NAME))
    third = account(3, "Larkspur", types=(DataType.HEALTH,))
    assert "types_agree" in features(card(one), card(other))
    assert "types_differ" in features(card(one), card(third))
