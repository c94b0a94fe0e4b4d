"""An operator's merges and splits: who is told what, and what the machine does afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from alertd import lexicon, pipeline
from alertd.core.decide import decide
from alertd.core.model import Change, DataType, Facts, Incident, Organisation, People
from alertd.core.outbox import Later
from alertd.core.people import Criteria, Kind, Route
from alertd.core.verdicts import Relation
from alertd.errors import Stale, StoreError, UsageError
from alertd.store import Store, Tx
from alertd.store.claims import Claimed
from alertd.store.verdicts import Example, Ruled
from tests.conftest import NOON, Clock
from tests.store.stage import Stage, person, said

T = TypeVar("T")
NAME, EMAIL, BANK, HEALTH = DataType.NAME, DataType.EMAIL, DataType.BANK_ACCOUNT, DataType.HEALTH
ALMERYS = Criteria(organisations=("Almerys",))
GROUP = Criteria(organisations=("Be Group",))
BANKS = Criteria(data_types=frozenset({BANK}))


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


def facts(*kinds: DataType, name: str = "Almerys", **fields: object) -> Facts:
    """Facts on one organisation."""
    return said(name, data_types=frozenset(kinds), **fields)


async def incidents(stage: Stage) -> list[Incident]:
    found = await stage.store.read(lambda rx: rx.incidents())
    return sorted((item for item, _ in found), key=lambda item: item.id)


async def merge(stage: Stage, one: Incident, other: Incident, **how: bool) -> Ruled:
    return await stage.store.run(
        lambda tx: tx.merge_incidents(one.ref, other.ref, stage.clock(), **how)
    )


async def split(stage: Stage, incident: Incident, *reports: int) -> Ruled:
    parts = [(report, 0) for report in reports]
    return await stage.store.run(lambda tx: tx.split_incident(incident.ref, parts, stage.clock()))


async def go_on(stage: Stage) -> list[Claimed]:
    """Release and send what is due."""
    await pipeline.release(store=stage.store, clock=stage.clock, pace=stage.pace)
    return await stage.send()


def kinds(sent: Sequence[Claimed]) -> list[tuple[str, str, str]]:
    """Who was sent which kind, on which organisations."""
    alerts = [item.alerts[0] for item in sent]
    return sorted(
        (item.reader.name, item.kind.value, item.incident.organisations[0].name) for item in alerts
    )


def tying(*more: DataType) -> Facts:
    """Facts on a name that is a spelling of both."""
    both = Organisation("Almerys", "almerys", ("be group",))
    return replace(said(), organisations=(both,), data_types=frozenset(more))


async def two(stage: Stage) -> tuple[Incident, Incident]:
    """Two incidents, each told to who watches it."""
    await stage.tell("one", facts(NAME))
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(EMAIL, name="Be Group"))
    older, newer = await incidents(stage)
    return older, newer


# --- merges ---


async def test_a_merge_keeps_the_older_name_and_the_other_leads_to_it(stage: Stage) -> None:
    older, newer = await two(stage)
    ruled = await merge(stage, newer, older)
    [one] = await incidents(stage)
    assert (one.ref, one.revision, ruled.incident) == (older.ref, 2, one)
    assert one.data_types == {NAME, EMAIL}
    assert [item.key for item in one.organisations] == ["almerys", "be group"]
    assert await stage.store.read(lambda rx: rx.incident(newer.ref)) == one
    assert (await stage.store.read(lambda rx: rx.timeline(one.id)))[-1][2] == (
        "data-types",
        "merged",
        "organisations",
    )


async def test_after_a_merge_each_is_told_only_of_what_is_new_to_them(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", GROUP), person("cyd", ALMERYS, GROUP))
    older, newer = await two(stage)
    first = {item.alerts[0].reader.name: item for item in await stage.send() if item}
    ruled = await merge(stage, older, newer)
    assert (ruled.told, ruled.hear) == (3, 3)
    sent = {item.alerts[0].reader.name: item for item in await go_on(stage)}
    assert {name: item.alerts[0].kind for name, item in sent.items()} == {
        "ada": Kind.UPDATE,
        "bob": Kind.UPDATE,
    }, "who was told of both hears nothing new"
    assert sent["bob"].first_message_id == first["bob"].delivery.message_id
    assert sent["ada"].alerts[0].changes == {Change.DATA_TYPES, Change.ORGANISATIONS}
    assert await go_on(stage) == []


async def test_who_was_told_of_both_is_told_of_later_facts_once_against_all_they_know(
    stage: Stage,
) -> None:
    await stage.add(person("cyd", ALMERYS, GROUP))
    older, newer = await two(stage)
    assert len(await stage.send()) == 2
    await merge(stage, older, newer)
    assert await go_on(stage) == []
    stage.clock.forward(hours=1)
    await stage.tell("one", facts(NAME, BANK))
    [update] = await stage.send()
    assert update.alerts[0].changes == {Change.DATA_TYPES}
    before = update.alerts[0].before
    assert before is not None
    assert before.data_types == {NAME, EMAIL}
    stage.clock.forward(hours=1)
    await stage.tell("one", facts(NAME, BANK, HEALTH))
    [again] = await stage.send()
    assert again.alerts[0].before == update.alerts[0].incident


async def test_a_message_that_was_on_its_way_while_its_incident_was_merged_is_not_repeated(
    stage: Stage,
) -> None:
    await stage.add(person("cyd", ALMERYS, GROUP))
    await stage.tell("one", facts(NAME))
    [first] = await stage.send()
    await stage.tell("two", facts(EMAIL, name="Be Group"))
    [going] = await stage.claim()
    older, newer = await incidents(stage)
    await merge(stage, older, newer)
    await stage.settle(going)
    assert await go_on(stage) == []
    assert first.delivery.message_id != going.delivery.message_id


async def test_what_waits_for_either_is_replaced_by_one_message_on_the_whole(
    stage: Stage,
) -> None:
    await stage.add(person("cyd", ALMERYS, GROUP))
    older, newer = await two(stage)
    await merge(stage, older, newer)
    sent = await go_on(stage)
    assert kinds(sent) == [("cyd", "new", "Almerys")]
    assert sent[0].alerts[0].incident.data_types == {NAME, EMAIL}


async def test_a_merge_of_merged_incidents_leads_every_name_to_the_one(stage: Stage) -> None:
    for name in ("Almerys", "Be Group", "Viamedis"):
        await stage.tell(name, facts(NAME, name=name))
    first, second, third = await incidents(stage)
    await merge(stage, second, third)
    await merge(stage, first, second)
    [one] = await incidents(stage)
    assert await stage.store.read(lambda rx: rx.incident(second.ref)) == one
    assert await stage.store.read(lambda rx: rx.incident(third.ref)) == one
    assert await stage.store.read(lambda rx: rx.redirects_to(one.id)) == (second.ref, third.ref)


async def test_a_later_report_like_one_side_of_a_merge_joins_the_whole(stage: Stage) -> None:
    await stage.tell("one", facts(NAME, people=People(400, 400), incident_date="2026-01-03"))
    stage.clock.forward(hours=1)
    other = facts(
        HEALTH, name="Be Group", people=People(90_000, 90_000), incident_date="2026-05-20"
    )
    await stage.tell("two", other)
    older, newer = await incidents(stage)
    await merge(stage, older, newer)
    stage.clock.forward(hours=1)
    await stage.tell("three", other)
    [one] = await incidents(stage)
    assert len(one.citations) == 3


async def test_a_merged_report_stays_whatever_a_new_version_of_it_says(stage: Stage) -> None:
    older, newer = await two(stage)
    await merge(stage, older, newer)
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(EMAIL, name="Somebody Else"))
    [one] = await incidents(stage)
    assert "somebody else" in {item.key for item in one.organisations}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("{old}", "{old}"), "are the same incident: name two"),
        (("{old}", "nothing"), "there is no incident 'nothing': see `alertd incident list`"),
        (("{gone}", "{new}"), "{gone} was merged into {old} before: name {old} instead"),
    ],
)
async def test_a_merge_that_cannot_be_says_why(
    stage: Stage, names: tuple[str, str], words: str
) -> None:
    older, gone = await two(stage)
    await merge(stage, older, gone)
    await stage.tell("three", facts(NAME, name="Viamedis"))
    [new] = [item for item in await incidents(stage) if item.ref != older.ref]
    refs = {"old": older.ref, "gone": gone.ref, "new": new.ref}
    one, other = (name.format(**refs) for name in names)
    before = await incidents(stage)
    with pytest.raises(UsageError, match=words.format(**refs)):
        await stage.store.run(lambda tx: tx.merge_incidents(one, other, NOON))
    assert await incidents(stage) == before


# --- splits ---


async def joined_wrongly(stage: Stage, *also: DataType) -> Incident:
    """One incident of two reports that tell of different things; both are reports 1 and 2."""
    await stage.tell("one", facts(NAME))
    await stage.send()
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(NAME, BANK, *also))
    [incident] = await incidents(stage)
    return incident


async def test_a_split_makes_an_incident_of_its_own_and_tells_nobody(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", facts(NAME, BANK))
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(NAME))
    [incident] = await incidents(stage)
    assert len(await stage.send()) == 1
    ruled = await split(stage, incident, 2)
    old, new = await incidents(stage)
    assert (ruled.incident, ruled.other, ruled.hear) == (old, new, 0)
    assert (old.ref, old.revision, new.revision) == (incident.ref, 2, 1)
    assert [item.data_types for item in (old, new)] == [{NAME, BANK}, {NAME}]
    assert (len(old.citations), len(new.citations)) == (1, 1)
    assert await go_on(stage) == []
    assert (await stage.store.read(lambda rx: rx.timeline(new.id)))[0][2] == ("split",)


async def test_a_split_corrects_once_who_was_told_a_fact_that_belongs_elsewhere(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", BANKS))
    incident = await joined_wrongly(stage)
    await stage.send()
    ruled = await split(stage, incident, 2)
    assert (ruled.told, ruled.hear) == (2, 2)
    sent = await go_on(stage)
    assert kinds(sent) == [("ada", "update", "Almerys"), ("bob", "update", "Almerys")]
    [alert] = sent[0].alerts
    assert alert.changes == {Change.SPLIT}
    assert alert.before is not None
    assert [alert.before.data_types, alert.incident.data_types] == [{NAME, BANK}, {NAME}]
    stage.clock.forward(hours=1)
    assert await go_on(stage) == []
    await stage.tell("one", facts(NAME, EMAIL))
    [later] = await stage.send()
    assert later.alerts[0].changes == {Change.DATA_TYPES}


async def test_who_was_told_before_the_wrong_report_came_needs_no_correction(
    stage: Stage,
) -> None:
    routes = [Route(channel="mail", to="ada@example.org", events=frozenset({"new"}))]
    await stage.add(person("ada", ALMERYS, routes=routes), person("bob", BANKS))
    incident = await joined_wrongly(stage)
    assert kinds(await stage.send()) == [("bob", "new", "Almerys")]
    assert (await split(stage, incident, 2)).hear == 1
    assert kinds(await go_on(stage)) == [("bob", "update", "Almerys")]


async def test_who_still_waits_gets_the_incident_that_concerns_them_and_nothing_is_lost(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", BANKS))
    await stage.keep("one", facts(NAME))
    await stage.keep("two", facts(NAME, BANK, people=People(9_000, 9_000)))
    await stage.decide()
    [incident] = await incidents(stage)
    await stage.expand()  # messages wait, none is sent
    await split(stage, incident, 2)
    sent = await go_on(stage)
    assert sorted(
        (*row, item.alerts[0].incident.ref == incident.ref)
        for row, item in zip(kinds(sent), sorted(sent, key=lambda it: kinds([it])), strict=True)
    ) == [
        ("ada", "new", "Almerys", False),
        ("ada", "new", "Almerys", True),
        ("bob", "new", "Almerys", False),
    ]
    assert await go_on(stage) == []


async def test_a_split_before_the_fan_out_is_expanded_loses_nobody(stage: Stage) -> None:
    await stage.add(person("bob", BANKS))
    await stage.keep("one", facts(NAME))
    await stage.keep("two", facts(NAME, BANK))
    await stage.decide()
    [incident] = await incidents(stage)
    await split(stage, incident, 2)
    [sent] = await go_on(stage)
    assert sent.alerts[0].incident.ref != incident.ref
    assert sent.alerts[0].incident.data_types == {NAME, BANK}


async def test_a_message_on_its_way_during_a_split_is_corrected_once_it_has_arrived(
    stage: Stage,
) -> None:
    await stage.add(person("bob", BANKS))
    await joined_wrongly(stage)
    [going] = await stage.claim()
    [incident] = await incidents(stage)
    await split(stage, incident, 2)
    await pipeline.release(store=stage.store, clock=stage.clock)
    assert await stage.claim() == [], "the older message is not done yet"
    await stage.settle(going)
    [sent] = await stage.send()
    assert sent.alerts[0].kind is Kind.UPDATE
    assert sent.alerts[0].changes == {Change.SPLIT}


async def test_an_undone_merge_gives_each_their_thread_back_and_corrects_nobody(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", GROUP))
    older, newer = await two(stage)
    first = {item.alerts[0].reader.name: item for item in await stage.send()}
    await merge(stage, older, newer)
    ruled = await split(stage, older, 2)
    assert ruled.hear == 0
    assert await go_on(stage) == []
    told = await stage.store.read(lambda rx: rx.told_of(ruled.other.id))
    assert [item["subscriber"] for item in told] == ["bob"]
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(EMAIL, HEALTH, name="Be Group"))
    [update] = await stage.send()
    assert update.first_message_id == first["bob"].delivery.message_id
    assert update.alerts[0].kind is Kind.UPDATE


async def test_a_split_undone_before_its_correction_went_out_sends_none(stage: Stage) -> None:
    await stage.add(person("bob", BANKS))
    incident = await joined_wrongly(stage)
    await stage.send()
    ruled = await split(stage, incident, 2)
    await pipeline.release(store=stage.store, clock=stage.clock)
    await merge(stage, incident, ruled.other, undo_split=True)
    assert await go_on(stage) == []


async def test_a_new_report_on_what_was_split_off_is_new_to_who_was_corrected(
    stage: Stage,
) -> None:
    await stage.add(person("bob", BANKS))
    incident = await joined_wrongly(stage)
    await stage.send()
    ruled = await split(stage, incident, 2)
    await go_on(stage)
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(NAME, BANK, HEALTH))
    [sent] = await stage.send()
    assert (sent.alerts[0].kind, sent.alerts[0].incident.ref) == (Kind.NEW, ruled.other.ref)


async def test_a_part_of_a_round_up_is_split_by_itself(stage: Stage) -> None:
    await stage.keep("round-up", facts(NAME), facts(NAME, BANK, name="Almerys Ltd"))
    await stage.decide()
    [incident] = await incidents(stage)
    await stage.store.run(lambda tx: tx.split_incident(incident.ref, [(1, 1)], NOON))
    old, new = await incidents(stage)
    assert [item.data_types for item in (old, new)] == [{NAME}, {NAME, BANK}]


@pytest.mark.parametrize(
    ("reports", "words"),
    [((9,), "report 9 is not one of"), ((1, 2), "these are all the reports of")],
)
async def test_a_split_that_cannot_be_says_why(
    stage: Stage, reports: tuple[int, ...], words: str
) -> None:
    incident = await joined_wrongly(stage)
    with pytest.raises(UsageError, match=words):
        await split(stage, incident, *reports)
    assert await incidents(stage) == [incident]


# --- what the machine does afterwards ---


async def test_a_later_report_that_ties_what_was_split_joins_only_one_of_them(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", GROUP))
    older, newer = await two(stage)
    await stage.send()
    await merge(stage, older, newer)
    await go_on(stage)
    await split(stage, older, 2)
    await go_on(stage)
    stage.clock.forward(hours=1)
    await stage.tell("three", tying(NAME, EMAIL))
    assert len(await incidents(stage)) == 2


async def test_the_machine_joins_what_no_operator_has_split_and_both_readers_hear_once(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", GROUP))
    await two(stage)
    await stage.send()
    stage.clock.forward(hours=1)
    await stage.tell("three", tying(NAME, EMAIL))
    [one] = await incidents(stage)
    assert one.data_types == {NAME, EMAIL}
    assert [row[:2] for row in kinds(await stage.send())] == [("ada", "update"), ("bob", "update")]


async def test_a_split_holds_for_what_is_joined_to_either_later(stage: Stage) -> None:
    incident = await joined_wrongly(stage)
    ruled = await split(stage, incident, 2)
    await stage.tell("far", facts(EMAIL, name="Be Group"))
    [_, other, third] = await incidents(stage)
    assert other == ruled.other
    await merge(stage, ruled.other, third)
    seen = await stage.store.read(lambda rx: rx.known([incident.id, ruled.other.id]))
    assert seen[incident.id].apart == {ruled.other.id}
    with pytest.raises(UsageError, match=r"were split by an operator: .* say --undo-split"):
        await merge(stage, incident, ruled.other)


async def test_a_split_report_does_not_come_back_in_a_new_version(stage: Stage) -> None:
    incident = await joined_wrongly(stage)
    ruled = await split(stage, incident, 2)
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(NAME))
    old, new = await incidents(stage)
    assert (old.ref, len(old.citations)) == (incident.ref, 1)
    assert new.ref == ruled.other.ref
    assert new.data_types == {NAME}


async def test_a_plan_made_before_a_verdict_is_refused_and_decided_again(stage: Stage) -> None:
    older, newer = await two(stage)
    await stage.keep("three", facts(NAME, BANK))
    seen = await stage.store.read(lambda rx: rx.candidates(50))
    plan = decide(seen, lexicon.weights()["cluster"], lookback=timedelta(days=7))
    await merge(stage, older, newer)
    with pytest.raises(Stale):
        await stage.store.run(lambda tx: tx.apply(plan, seen.versions, stage.clock()))
    await stage.decide()
    [one] = await incidents(stage)
    assert one.data_types == {NAME, EMAIL, BANK}


@pytest.mark.parametrize("verdict", ["merge", "split"])
async def test_R1_a_verdict_that_is_cut_off_leaves_nothing_behind(
    stage: Stage, verdict: str
) -> None:
    older, newer = await two(stage)
    await stage.tell("three", facts(NAME))
    before = await dump(stage)

    def cut_off(tx: Tx) -> None:
        if verdict == "merge":
            tx.merge_incidents(older.ref, newer.ref, NOON)
        else:
            tx.split_incident(older.ref, [(1, 0)], NOON)
        raise StoreError("power failed")

    with pytest.raises(StoreError, match="power"):
        await stage.store.run(cut_off)
    assert await dump(stage) == before


async def dump(stage: Stage) -> list[str]:
    path = stage.store.path
    assert path is not None
    with sqlite3.connect(path) as connection:
        return list(connection.iterdump())


async def test_verdicts_outlive_a_restart(stage: Stage) -> None:
    incident = await joined_wrongly(stage)
    ruled = await split(stage, incident, 2)
    assert stage.store.path is not None
    again = await Store.open(f"sqlite:///{stage.store.path}", stage.clock())
    later = Stage(again, stage.clock)
    stage.clock.forward(hours=1)
    await later.tell("three", facts(NAME, BANK))
    old, new = await incidents(later)
    assert sorted((len(old.citations), len(new.citations))) == [1, 2]
    [verdict] = await again.read(lambda rx: rx.verdicts_on(new.id))
    assert (verdict.relation, verdict.incident, verdict.other) == (
        Relation.DIFFERENT,
        incident.ref,
        ruled.other.ref,
    )
    await again.close()


# --- what they teach ---


async def examples(stage: Stage) -> list[Example]:
    return await stage.store.read(lambda rx: list(rx.examples()))


async def test_verdicts_are_examples_of_pairs_and_the_later_one_counts(stage: Stage) -> None:
    older, newer = await two(stage)
    await merge(stage, older, newer)
    [example] = await examples(stage)
    assert (example.relation, example.one.key, example.other.key) == (
        Relation.SAME,
        "one",
        "two",
    )
    stage.clock.forward(hours=1)
    await stage.tell("two", facts(EMAIL, name="Be Group"), title="Another title")
    assert [item.other.title for item in await examples(stage)] == ["two"], "as it was judged"
    await split(stage, older, 2)
    [example] = await examples(stage)
    assert (example.relation, example.other.title) == (Relation.DIFFERENT, "Another title")


async def test_a_message_that_fails_during_a_split_becomes_the_one_that_concerns_its_reader(
    stage: Stage,
) -> None:
    await stage.add(person("bob", BANKS))
    await joined_wrongly(stage)
    [going] = await stage.claim()
    [incident] = await incidents(stage)
    ruled = await split(stage, incident, 2)
    await pipeline.release(store=stage.store, clock=stage.clock)
    await stage.settle(going, Later(stage.clock.forward(minutes=5), "451 later"))
    sent = await go_on(stage)
    assert [item.alerts[0].incident.ref for item in sent] == [ruled.other.ref]
    assert sent[0].alerts[0].kind is Kind.NEW
    stage.clock.forward(hours=1)
    assert await go_on(stage) == []
