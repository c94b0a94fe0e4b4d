from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice, permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_an_operators_join_and_split_win_over_every_score() -> None:
    told = (account(1, "Almerys"), account(2, "Almerys", day=1), account(3, "Boulanger"))
    assert group(told, WEIGHTS) == ((0, 1), (2,))
    assert group(told, WEIGHTS, apart=[(1, 0)]) == ((0,), (1,), (2,))
    assert group(told, WEIGHTS, same=[(2, 0)], apart=[(0, 1)]) == ((0, 2), (1,))


def test_an_incident_that_an_operator_forbade_is_neither_home_nor_joined() -> None:
    known = {4: [account(1, "Almerys")], 9: [account(2, "Almerys", day=1)]}
    fresh = account(3, "Almerys", day=1)
    assert place(fresh, known, WEIGHTS).also == (9,)
    assert place(fresh, known, WEIGHTS, apart=frozenset({4})).incident == 9
    assert place(fresh, known, WEIGHTS, apart=frozenset({9})).also == ()
    assert place(fresh, known, WEIGHTS, apart=frozenset({4, 9})).incident is None


def test_a_look_alike_does_not_tie_two_incidents_that_differ() -> None:
    known = {
        4: [account(1, "Almerys", incident_date="2026-01-10")],
        9: [account(2, "Almerys", day=1, incident_date="2024-05-10")],
    }
    assert place(account(3, "Almerys", day=1), known, WEIGHTS).also == ()


ACCOUNTS = st.builds(
    lambda number, name, day, people, when: account(
        number, name, day=day, people=people, incident_date=when
    ),
    st.integers(0, 10**6),
    st.sampled_from(["Almerys", "ALMERYS SAS", "Orange", "Orange County", "Banque Orange"]),
    st.integers(0, 500),
    st.sampled_from([None, None, 501, 388_206, 388_000]),
    st.sampled_from([None, None, "2026-05-10", "2026-05", "2025-01-03"]),
)


def contents(told: Sequence[Account], found: Sequence[Sequence[int]]) -> set[frozenset[int]]:
    return {frozenset(told[index].report for index in of) for of in found}


@settings(max_examples=60)
@given(
    st.lists(ACCOUNTS, max_size=9, unique_by=lambda item: item.report),
    st.randoms(use_true_random=False),
)
def test_no_order_of_the_input_changes_the_groups(told: list[Account], chance: Random) -> None:
    mixed = list(told)
    chance.shuffle(mixed)
    assert contents(told, group(told, WEIGHTS)) == contents(mixed, group(mixed, WEIGHTS))


def one_by_one(told: Sequence[Account]) -> set[frozenset[int]]:
    """The incidents that reports come to when each is placed as it arrives."""
    incidents: dict[int, list[Account]] = {}
    by_key: dict[str, set[int]] = defaultdict(set)
    for number, item in enumerate(told):
        found = keys(item.facts, item.url)
        near = {id_ for key in found for id_ in by_key[key]} & incidents.keys()
        placed = place(item, {id_: incidents[id_] for id_ in near}, WEIGHTS)
        home = number if placed.incident is None else placed.incident
        members = incidents.setdefault(home, [])
        for other in placed.also:
            members += incidents.pop(other)
        members.append(item)
        for member in members:
            for key in keys(member.facts, member.url):
                by_key[key].add(home)
    return {frozenset(item.report for item in of) for of in incidents.values()}


def test_reports_that_come_one_by_one_reach_the_same_groups_in_any_order() -> None:
    told = (
        account(1, "Almerys", incident_date="2026-05-10"),
        account(2, "ALMERYS SAS", day=2, people=388_206),
        account(3, "Almerys", day=45, people=388_206),
        account(4, "Almerys", day=500),
        account(5, "Boulanger", day=1),
        account(6, "Mutuelle du Nord", day=1, via=("Almerys",)),
    )
    expected = contents(told, group(told, WEIGHTS))
    assert expected == {frozenset(of) for of in ({1, 2, 3}, {4}, {5}, {6})}
    for order in permutations(told):
        assert one_by_one(order) == expected
