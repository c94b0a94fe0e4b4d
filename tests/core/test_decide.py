"""What fresh reports come to: which incident, whether it is news, and whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertd import lexicon
from alertd.core.decide import account, decide, incident_ref, is_news
from alertd.core.model import (
    Change,
    DataType,
    Dated,
    Facts,
    Organisation,
    People,
    Reading,
    Report,
    Status,
    Tier,
)
from alertd.core.names import fold
from alertd.core.people import Criteria
from alertd.core.plan import Fresh, Known, Merged, Plan, Revised, Seen

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
NAME, EMAIL, BANK = DataType.NAME, DataType.EMAIL, DataType.BANK_ACCOUNT
ALMERYS = Criteria(organisations=("Almerys",))


def days(number: float) -> timedelta:
    return timedelta(days=number)


def said(*names: str, types: tuple[DataType, ...] = (), **fields: Any) -> Facts:  # noqa: ANN401 - any field of the facts
    organisations = tuple(Organisation(name, fold(name)) for name in names)
    values: dict[str, Any] = {"organisations": organisations, "data_types": frozenset(types)}
    return Facts(**(values | fields))


def fresh(
    number: int = 1,
    *facts: Facts,
    published: datetime | None = NOW - timedelta(hours=1),
    relevant: bool = True,
    title: str = "",
    **fields: Any,  # noqa: ANN401 - any field of a fresh report
) -> Fresh:
    report = Report(
        source=f"source {number}",
        key=f"key {number}",
        url=f"https://news.example/{number}",
        title=title or f"Report {number}",
        text="",
        published=published,
    )
    values: dict[str, Any] = {
        "id": number,
        "version": 1,
        "report": report,
        "reading": Reading(relevant=relevant, confidence=1.0, language="en", incidents=facts),
        "publisher": f"publisher {number}",
        "tier": Tier.PRESS,
        "dated": Dated.POSTING,
        "first_seen": NOW,
        "seen_at": NOW,
        "first_contact": False,
        "polled_before": NOW - timedelta(hours=1),
    }
    return Fresh(**(values | fields))


def decided(
    *reports: Fresh,
    known: Mapping[int, Known] | None = None,
    criteria: Mapping[int, Criteria] | None = None,
) -> Plan:
    seen = Seen(fresh=reports, known=known or {}, criteria=criteria or {})
    return decide(seen, lexicon.weights()["cluster"], lookback=WEEK)


def known_after(plan: Plan, number: int, reports: tuple[Fresh, ...], touched: int = 1) -> Known:
    """The first incident of a plan, as the store would give it back."""
    item = plan.touched[0]
    accounts = tuple(
        account(report, part, facts)
        for report in reports
        for part, facts in enumerate(report.reading.incidents)
    )
    return Known(
        incident=replace(item.incident, id=number),
        accounts=accounts,
        news=item.news,
        touched=touched,
    )


def known(number: int, *reports: Fresh) -> Known:
    return known_after(decided(*reports), number, reports)


def only(plan: Plan) -> Revised:
    [revised] = plan.revised
    return revised


@pytest.mark.parametrize(
    ("published", "fields", "news"),
    [
        # On first contact: what lies inside the lookback, and nothing undated.
        (NOW - days(6.9), {"first_contact": True, "polled_before": None}, True),
        (NOW - days(7), {"first_contact": True, "polled_before": None}, True),
        (NOW - days(7.1), {"first_contact": True, "polled_before": None}, False),
        (None, {"first_contact": True, "polled_before": None}, False),
        (NOW + days(3), {"first_contact": True, "polled_before": None}, True),
        (NOW - days(90), {"first_contact": True, "dated": Dated.EVENT}, False),
        (NOW - days(2), {"first_contact": True, "dated": Dated.EVENT}, True),
        # Afterwards: what was published since the last good poll, less the lookback.
        (NOW - timedelta(minutes=5), {}, True),
        (NOW - days(6.9), {}, True),
        (NOW - days(7.1), {}, False),
        (NOW - days(400), {}, False),
        (NOW + days(400), {}, True),
        (None, {}, True),
        # A source whose dates are those of the event.
        (NOW - days(400), {"dated": Dated.EVENT}, True),
        (None, {"dated": Dated.EVENT}, True),
        # After an outage nothing is lost, however long it was.
        (NOW - days(60), {"polled_before": NOW - days(55)}, True),
        (NOW - days(63), {"polled_before": NOW - days(55)}, False),
        (NOW - days(60), {"polled_before": None}, True),
        # A new version is judged by its own date.
        (NOW - days(2), {"version": 2, "part_of": {0: 7}}, True),
        (NOW - days(8), {"version": 2, "part_of": {0: 7}}, False),
        (NOW - days(8), {"version": 2, "part_of": {0: 7}, "polled_before": NOW - days(30)}, False),
        (NOW + days(8), {"version": 3, "part_of": {0: 7}}, True),
        (NOW - days(2), {"version": 2, "part_of": {0: 7}, "first_contact": True}, True),
    ],
)
def test_R9_what_counts_as_news(
    published: datetime | None, fields: dict[str, Any], *, news: bool
) -> None:
    assert is_news(fresh(published=published, **fields), WEEK) is news


def test_a_history_item_whose_date_moves_to_now_is_news() -> None:
    old = fresh(1, said("Almerys"), published=NOW - days(90), first_contact=True)
    moved = fresh(1, said("Almerys"), version=2, first_contact=True, part_of={0: 7})
    assert not is_news(old, WEEK)
    revised = only(decided(moved, known={7: known(7, old)}, criteria={3: ALMERYS}))
    assert revised.news
    assert revised.changes == {Change.NEWS}
    assert [item.criteria for item in revised.verdicts] == [3]


def test_the_first_report_makes_an_incident_with_a_verdict_for_each_match() -> None:
    plan = decided(
        fresh(1, said("Almerys", types=(NAME,))),
        criteria={3: ALMERYS, 4: Criteria(organisations=("Nobody",)), 5: Criteria()},
    )
    revised = only(plan)
    assert revised.incident.id < 0
    assert (revised.incident.revision, revised.news) == (1, True)
    assert revised.changes == {Change.FIRST}
    assert [(item.criteria, item.held_before, item.concerns) for item in revised.verdicts] == [
        (3, False, False),
        (5, False, False),
    ]
    assert [term.key for term in revised.verdicts[0].terms] == ["almerys"]
    assert plan.correlated == ((1, 1),)
    assert [(link.report, link.part, link.incident) for link in plan.links] == [
        (1, 0, revised.incident.id)
    ]
    assert "nothing like it is known" in plan.links[0].reason
    assert "org:almerys" in plan.touched[0].keys


def test_an_item_that_is_no_breach_is_only_ticked_off() -> None:
    plan = decided(fresh(1, said("Almerys"), relevant=False), fresh(2), criteria={5: Criteria()})
    assert plan == Plan(correlated=((1, 1), (2, 1)))


def test_history_is_kept_and_concerns_nobody() -> None:
    plan = decided(fresh(1, said("Almerys"), published=NOW - days(90)), criteria={3: ALMERYS})
    assert not only(plan).verdicts
    assert not only(plan).news
    assert not plan.touched[0].news


def test_two_reports_of_one_event_are_one_incident_at_its_first_revision() -> None:
    plan = decided(
        fresh(1, said("Almerys", types=(NAME,))),
        fresh(2, said("Almerys", types=(NAME, EMAIL))),
        criteria={3: ALMERYS},
    )
    revised = only(plan)
    assert revised.incident.revision == 1
    assert revised.incident.data_types == {NAME, EMAIL}
    assert {link.incident for link in plan.links} == {revised.incident.id}
    assert "name same" in plan.links[1].reason


def test_a_round_up_tells_of_as_many_incidents_as_it_has_parts() -> None:
    plan = decided(fresh(1, said("Almerys"), said("Viamedis")), criteria={3: ALMERYS})
    assert len({item.incident.id for item in plan.touched}) == 2
    assert len({item.incident.ref for item in plan.touched}) == 2
    assert [[item.criteria for item in revised.verdicts] for revised in plan.revised] == [[3], []]


def test_the_order_of_fresh_reports_is_their_age_not_their_arrival() -> None:
    older = fresh(2, said("Almerys"), published=NOW - days(1))
    newer = fresh(1, said("Almerys"))
    for order in ((older, newer), (newer, older)):
        assert only(decided(*order)).incident.ref == incident_ref("source 2", "key 2", "almerys")


def test_a_later_report_without_anything_new_touches_the_incident_and_revises_nothing() -> None:
    first = fresh(1, said("Almerys", types=(NAME,)))
    plan = decided(
        fresh(2, said("Almerys", types=(NAME,))),
        known={7: known(7, first)},
        criteria={3: ALMERYS},
    )
    assert not plan.revised
    assert [(item.incident.id, item.incident.revision) for item in plan.touched] == [(7, 1)]
    assert len(plan.touched[0].incident.citations) == 2


@pytest.mark.parametrize(
    ("now_said", "change", "concerned"),
    [
        (said("Almerys", types=(NAME, BANK)), Change.DATA_TYPES, {3}),
        (said("Almerys", types=(NAME,), people=People(5_000, 5_000)), Change.PEOPLE, {3, 4}),
        (said("Almerys", types=(NAME,), via=(Organisation("Host", "host"),)), Change.VIA, {3, 4}),
    ],
)
def test_a_new_version_of_a_report_stays_where_it_was_and_says_what_changed(
    now_said: Facts, change: Change, concerned: set[int]
) -> None:
    first = fresh(1, said("Almerys", types=(NAME,)))
    plan = decided(
        fresh(1, now_said, version=2, part_of={0: 7}),
        known={7: known(7, first)},
        criteria={3: ALMERYS, 4: Criteria(data_types=frozenset({NAME}))},
    )
    revised = only(plan)
    assert (revised.incident.id, revised.incident.revision) == (7, 2)
    assert revised.changes == {change}
    assert plan.links[0].reason == "the same item, published anew"
    assert [item.held_before for item in revised.verdicts] == [True, True]
    assert {item.criteria for item in revised.verdicts if item.concerns} == concerned


def test_a_part_of_an_incident_that_is_not_at_hand_is_placed_anew() -> None:
    plan = decided(fresh(1, said("Almerys"), version=2, part_of={0: 99}))
    assert only(plan).incident.id < 0


def test_what_a_watch_waited_for_makes_it_hold_for_the_first_time() -> None:
    first = fresh(1, said("Almerys"))
    wanted = {4: Criteria(data_types=frozenset({BANK}))}
    assert not only(decided(first, criteria=wanted)).verdicts
    later = fresh(2, said("Almerys", types=(BANK,)))
    [verdict] = only(decided(later, known={7: known(7, first)}, criteria=wanted)).verdicts
    assert (verdict.holds, verdict.held_before, verdict.concerns) == (True, False, True)


def test_a_withdrawal_is_a_revision_without_verdicts() -> None:
    first = fresh(1, said("Almerys", types=(NAME,)))
    back = fresh(
        1, said("Almerys", types=(NAME,), status=Status.WITHDRAWN), version=2, part_of={0: 7}
    )
    revised = only(decided(back, known={7: known(7, first)}, criteria={3: ALMERYS}))
    assert revised.changes == {Change.WITHDRAWN}
    assert revised.incident.status is Status.WITHDRAWN
    assert revised.verdicts == ()


def test_news_of_an_incident_that_was_history_is_a_revision_of_its_own() -> None:
    old = fresh(1, said("Almerys", types=(NAME,)), published=NOW - days(12), first_contact=True)
    assert not is_news(old, WEEK)
    plan = decided(
        fresh(2, said("Almerys", types=(NAME,))),
        known={7: known(7, old)},
        criteria={3: ALMERYS},
    )
    revised = only(plan)
    assert revised.changes == {Change.NEWS}
    assert (revised.news, plan.touched[0].news) == (True, True)
    [verdict] = revised.verdicts
    assert verdict.held_before


def test_a_change_of_history_that_stays_history_concerns_nobody() -> None:
    old = fresh(1, said("Almerys", types=(NAME,)), published=NOW - days(90), first_contact=True)
    more = fresh(2, said("Almerys", types=(NAME, BANK)), published=NOW - days(80))
    revised = only(decided(more, known={7: known(7, old)}, criteria={3: ALMERYS}))
    assert revised.verdicts == ()
    assert not revised.news


def test_a_revision_is_of_first_contact_only_when_all_that_made_it_is() -> None:
    one = fresh(1, said("Almerys"), first_contact=True)
    two = fresh(2, said("Almerys"), seen_at=NOW + timedelta(minutes=1))
    assert only(decided(one)).first_contact
    both = only(decided(one, two))
    assert not both.first_contact
    assert both.seen_at == NOW + timedelta(minutes=1)


def test_a_date_in_the_future_counts_as_when_the_item_was_seen() -> None:
    revised = only(decided(fresh(1, said("Almerys"), published=NOW + days(30))))
    assert (revised.published, revised.incident.published) == (NOW, NOW)


def test_an_undated_item_is_as_old_as_its_first_sight() -> None:
    item = fresh(1, said("Almerys"), published=None, first_seen=NOW - days(3))
    assert only(decided(item)).incident.published == NOW - days(3)


def linked() -> tuple[Fresh, Fresh, Fresh]:
    """Two reports that nothing ties, and a third whose names tie both."""
    one, two = fresh(1, said("Almerys")), fresh(2, said("Be Group"))
    both = Organisation("Almerys", "almerys", ("be group",))
    return one, two, fresh(3, said(organisations=(both,)))


def test_a_report_that_ties_two_incidents_makes_them_one_and_the_older_stays() -> None:
    one, two, three = linked()
    plan = decided(three, known={7: known(7, one), 9: known(9, two)}, criteria={3: ALMERYS})
    assert plan.merged == (Merged(gone=9, into=7, side=7),)
    assert [item.incident.id for item in plan.touched] == [7]
    assert {link.incident for link in plan.links} == {7}
    assert {"org:almerys", "org:be group"} <= plan.touched[0].keys
    assert len(plan.touched[0].incident.citations) == 3
    assert plan.touched[0].incident.ref == incident_ref("source 1", "key 1", "almerys")


def test_incidents_of_one_batch_are_made_one_before_any_is_written() -> None:
    one, two, three = linked()
    late = replace(three, report=replace(three.report, published=NOW))
    plan = decided(one, two, late, criteria={3: ALMERYS})
    assert len(plan.touched) == len(plan.revised) == 1
    assert {link.incident for link in plan.links} == {plan.touched[0].incident.id}


def test_a_new_version_follows_its_incident_into_the_one_it_became() -> None:
    one, two, three = linked()
    again = replace(two, version=2, part_of={0: 9})
    late = replace(again, report=replace(again.report, published=NOW + timedelta(minutes=1)))
    plan = decided(three, late, known={7: known(7, one), 9: known(9, two)})
    assert {link.incident for link in plan.links} == {7}


def test_refs_are_stable_and_differ_by_source_key_and_subject() -> None:
    refs = {
        incident_ref(source, key, subject)
        for source in ("a", "b")
        for key in ("a", "b")
        for subject in ("almerys", "viamedis", "part 0")
    }
    assert len(refs) == 12
    assert incident_ref("press", "item 1", "almerys") == "nzwztfudbp"
    assert all(len(ref) == 10 and ref.isalnum() and ref.islower() for ref in refs)


def test_deciding_again_on_the_same_rows_gives_the_same_plan() -> None:
    one, two, three = linked()
    rows = {7: known(7, one), 9: known(9, two)}
    assert decided(three, known=rows) == decided(three, known=rows)


def test_a_plan_is_guarded_by_the_versions_of_all_that_was_looked_at() -> None:
    seen = Seen(
        fresh=(), known={7: known_after(decided(fresh(1, said("A"))), 7, (), 5)}, criteria={}
    )
    assert seen.versions == {7: 5}


def test_an_incident_shown_twice_to_be_another_is_joined_to_it_once() -> None:
    one, two, three = linked()
    four = fresh(4, *three.reading.incidents, published=NOW)
    plan = decided(three, four, known={7: known(7, one), 9: known(9, two)})
    assert plan.merged == (Merged(gone=9, into=7, side=7),)
    assert len(plan.touched[0].incident.citations) == 4


# --- what an operator has said ---


def test_a_report_that_ties_what_an_operator_has_split_joins_only_one_of_them() -> None:
    one, two, three = linked()
    rows = {7: replace(known(7, one), apart=frozenset({9})), 9: known(9, two)}
    assert decided(three, known=rows).merged == ()


def test_a_split_report_is_not_placed_where_it_came_from_in_a_new_version() -> None:
    one, two = fresh(1, said("Almerys")), fresh(2, said("Be Group"))
    again = fresh(2, said("Almerys"), version=2, part_of={0: 9})
    rows = {7: known(7, one), 9: replace(known(9, two), apart=frozenset({7}))}
    assert only(decided(again, known=rows)).incident.id < 0
    free = {7: known(7, one), 9: known(9, two)}
    assert [item.incident.id for item in decided(again, known=free).touched] == [7]


def test_what_an_operator_has_put_in_its_place_stays_there_in_a_new_version() -> None:
    one = fresh(1, said("Almerys"))
    again = fresh(1, said("Somebody Else"), version=2, part_of={0: 7}, pinned=frozenset({0}))
    plan = decided(again, known={7: known(7, one)})
    assert [link.incident for link in plan.links] == [7]


def test_a_merged_incident_is_compared_side_by_side() -> None:
    one, two = fresh(1, said("Almerys")), fresh(2, said("Be Group"))
    merged = known(7, one, two)
    accounts = tuple(account(report, 0, report.reading.incidents[0]) for report in (one, two))
    merged = replace(merged, accounts=accounts, sides={(2, 0): 9})
    plan = decided(fresh(3, said("Be Group")), known={7: merged})
    assert [(link.incident, link.side) for link in plan.links] == [(7, 9)]
    assert [item.key for item in plan.touched[0].incident.organisations] == ["almerys", "be group"]


def test_the_supplier_is_a_key_by_which_its_clients_are_found() -> None:
    plan = decided(fresh(1, said("Clinic", via=(Organisation("Be Almerys", "be almerys"),))))
    assert "via:bealmerys" in plan.touched[0].keys
