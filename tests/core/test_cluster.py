from __future__ import annotations

from itertools import islice, permutations

import pytest

from alertd.core.cluster import group, keys, place
from alertd.core.model import Account, Facts
from alertd.lexicon import weights
from tests.core.accounts import account, organisation

WEIGHTS = weights()["cluster"]


def groups(*accounts: Account) -> list[set[int]]:
    return [set(found) for found in group(accounts, WEIGHTS)]


def test_one_breach_told_in_two_languages_and_spellings_is_one_incident() -> None:
    told = (
        account(1, "Almerys", day=0),
        account(2, "ALMERYS SAS", day=1),
        account(3, "Almérys", day=6, people=3_000_000),
    )
    assert groups(*told) == [{0, 1, 2}]


def test_the_same_organisation_breached_a_year_later_is_another_incident() -> None:
    told = (account(1, "Larkspur"), account(2, "Larkspur", day=400))
    assert groups(*told) == [{0}, {1}]


def test_incidents_of_one_organisation_on_different_stated_days_stay_apart() -> None:
    told = (
        account(1, "Larkspur", incident_date="2025-01-03"),
        account(2, "Larkspur", day=2, incident_date="2026-05-01"),
    )
    assert groups(*told) == [{0}, {1}]


def test_a_suppliers_breach_and_its_clients_notices_stay_apart() -> None:
    told = (
        account(1, "Almerys"),
        account(2, "Mutuelle du Nord", day=1, via=("Almerys",)),
        account(3, "Mutuelle du Sud", day=1, via=("Almerys",)),
    )
    assert groups(*told) == [{0}, {1}, {2}]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Orange", "Orange County"), ("Bouygues Telecom", "Bouygues Habitat Services")],
)
def test_similar_names_far_in_time_stay_apart(one: str, other: str) -> None:
    assert groups(account(1, one), account(2, other, day=200)) == [{0}, {1}]


def test_groups_do_not_hang_on_the_order_of_the_input() -> None:
    told = [
        account(index, name, day=day, people=people)
        for index, (name, day, people) in enumerate(
            [
                ("Almerys", 0, None),
                ("ALMERYS SAS", 2, 40_000),
                ("Almerys", 300, None),
                ("Boulanger", 0, 27_000),
                ("Boulanger SA", 5, 27_100),
                ("Boulanger", 500, None),
            ]
        )
    ]
    expected = {frozenset(told[index].report for index in found) for found in group(told, WEIGHTS)}
    for order in islice(permutations(told), 0, None, 37):
        mixed = list(order)
        got = {frozenset(mixed[index].report for index in found) for found in group(mixed, WEIGHTS)}
        assert got == expected


def test_an_account_is_placed_with_the_incident_it_tells_of() -> None:
    known = {7: [account(1, "Almerys")], 8: [account(2, "Boulanger")]}
    placed = place(account(3, "ALMERYS SAS", day=1), known, WEIGHTS)
    assert placed.incident == 7
    assert placed.score > 0
    assert "name_same" in placed.reason


def test_an_account_of_something_else_is_placed_nowhere() -> None:
    placed = place(account(3, "Almerys", day=700), {7: [account(1, "Almerys")]}, WEIGHTS)
    assert placed.incident is None


def test_nothing_known_means_a_new_incident() -> None:
    assert place(account(1, "Almerys"), {}, WEIGHTS).incident is None


def test_an_account_that_fits_two_incidents_surely_ties_them() -> None:
    count = 2_345_678
    known = {
        4: [account(1, "Almerys", people=count, incident_date="2026-05-10")],
        9: [account(2, "Almerys", people=count, incident_date="2026-05-10")],
    }
    fresh = account(3, "Almerys", day=1, people=count, incident_date="2026-05-10")
    placed = place(fresh, known, WEIGHTS)
    assert (placed.incident, placed.also) == (4, (9,))


def test_placing_does_not_hang_on_the_order_of_the_candidates() -> None:
    known = {index: [account(index, "Almerys", day=index)] for index in range(5)}
    fresh = account(99, "Almerys", day=2)
    backwards = dict(reversed(known.items()))
    assert place(fresh, known, WEIGHTS) == place(fresh, backwards, WEIGHTS)


def test_keys_cover_name_domain_and_link() -> None:
    facts = Facts(organisations=(organisation("Almerys SAS", "almerys.com"),))
    found = keys(facts, "https://news.example/1")
    assert {"org:almerys", "dom:almerys.com", "url:https://news.example/1"} <= found


def test_variants_of_a_name_share_a_key() -> None:
    one = keys(Facts(organisations=(organisation("Teijin Automotive Technologies"),)), "")
    other = keys(Facts(organisations=(organisation("Teijin Automotive Welfare Plan"),)), "")
    assert one & other


def test_a_one_word_name_within_another_needs_more_than_nearness() -> None:
    assert groups(account(1, "Orange"), account(2, "Orange County", day=10)) == [{0}, {1}]
