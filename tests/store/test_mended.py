"""Faults that the flow once had, each held down by the case that showed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd import pipeline
from alertd.core.model import (
    Change,
    DataType,
    Facts,
    Incident,
    Organisation,
    People,
    Speaker,
    Status,
)
from alertd.core.outbox import Later
from alertd.core.people import Criteria, Kind
from alertd.store import Store
from alertd.store.claims import Claimed
from tests.conftest import Clock
from tests.store.stage import Stage, person, said
from tests.world import World, subscriber

NAME, EMAIL, BANK = DataType.NAME, DataType.EMAIL, DataType.BANK_ACCOUNT
ALMERYS = Criteria(organisations=("Almerys",))
BE_GROUP = Criteria(organisations=("Be Group",))
FIRST = said("Almerys", data_types=frozenset({NAME}))


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


@pytest.fixture
def world(store: Store, clock: Clock) -> World:
    return World(store, clock)


async def incidents(stage: Stage) -> list[Incident]:
    return [item for item, _ in await stage.store.read(lambda rx: rx.incidents())]


def names(incident: Incident) -> list[str]:
    return [item.name for item in incident.organisations]


def kinds(sent: list[Claimed]) -> list[Kind]:
    return [item.alerts[0].kind for item in sent]


# --- keywords are looked up as they are matched ---


@pytest.mark.parametrize(
    ("keyword", "title", "snippet"),
    [
        ("tiers payant", "one", "the tiers-payant portal"),
        (
            "caisse primaire d'assurance maladie de Paris",
            "Fuite à la caisse primaire d'assurance maladie de Paris",
            "",
        ),
    ],
)
async def test_a_keyword_finds_an_incident_by_its_evidence_and_by_a_long_title(
    stage: Stage, keyword: str, title: str, snippet: str
) -> None:
    await stage.add(person("ada", Criteria(keywords=(keyword,))))
    facts = replace(FIRST, evidence={"data_types": (snippet,)})
    await stage.tell("one", facts, title=title)
    [sent] = await stage.send()
    [judged] = [item for item in sent.alerts[0].matched[0].reason.criteria if item.terms]
    assert (judged.field, judged.words) == ("keywords", keyword)


# --- one message does not stop another ---


async def test_R6_a_message_that_needs_no_sending_does_not_end_its_lane(world: World) -> None:
    people = [subscriber(name, organisations=("Almerys",)) for name in ("ada", "bob")]
    await world.add(*people)
    now = world.clock()
    await world.store.run(lambda tx: tx.suppress("ada@example.org", "unsubscribed", now))
    world.publish(
        "press",
        "Almerys confirms data breach",
        "Almerys confirmed a data breach. Names were exposed.",
    )
    assert [item.delivery.to for item in await world.run()] == ["bob@example.org"]


async def test_who_leaves_while_a_message_is_in_flight_is_not_tried_again(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST)
    [claimed] = await stage.claim()
    await stage.add()
    await stage.settle(claimed, Later(stage.clock(), "451 later"))
    assert await stage.send() == []


# --- versions of one report ---


async def test_parts_of_a_round_up_that_moved_stay_with_their_own_organisations(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("weekly", said("Almerys"), said("Viamedis"))
    await stage.send()
    before = {names(item)[0]: item.id for item in await incidents(stage)}
    orange = said("Orange", data_types=frozenset({BANK}))
    await stage.tell("weekly", orange, said("Almerys"), said("Viamedis"))
    found = {names(item)[0]: item for item in await incidents(stage)}
    assert sorted(found) == ["Almerys", "Orange", "Viamedis"]
    assert {name: found[name].id for name in before} == before
    assert [len(item.organisations) for item in found.values()] == [1, 1, 1]
    assert {name: item.data_types for name, item in found.items()} == {
        "Almerys": frozenset(),
        "Orange": {BANK},
        "Viamedis": frozenset(),
    }
    assert await stage.send() == []


async def test_a_part_that_is_new_in_a_round_up_is_news_to_those_who_watch_it(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", Criteria(organisations=("Orange",))))
    await stage.tell("weekly", said("Almerys"))
    await stage.send()
    await stage.tell("weekly", said("Orange"), said("Almerys"))
    [sent] = await stage.send()
    assert (sent.delivery.to, names(sent.alerts[0].incident)) == ("bob@example.org", ["Orange"])


async def test_R9_what_an_edit_makes_match_for_the_first_time_is_new_however_late(
    stage: Stage,
) -> None:
    await stage.add(person("ada", Criteria(data_types=frozenset({BANK}))))
    await stage.tell("zero", said("Nobody"))
    at = stage.clock() - timedelta(hours=1)
    await stage.tell("one", said("Almerys"), at=at)
    stage.clock.forward(days=10)
    await stage.tell("one", said("Almerys", data_types=frozenset({BANK})), at=at)
    assert [row[1] for row in await stage.messages()] == ["new"]


async def test_R9_an_undated_item_edited_before_it_was_decided_is_still_news(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("zero", said("Nobody"))
    await stage.keep("one", said("Almerys"), published=None)
    await stage.keep("one", said("Almerys"), published=None, title="Corrected")
    await stage.decide()
    await stage.expand()
    assert [row[1] for row in await stage.messages()] == ["new"]


# --- incidents joined ---


def tie(**fields: object) -> Facts:
    """A report whose one organisation goes by the names of both incidents."""
    both = Organisation("Almerys", "almerys", ("be group",))
    return replace(said(), organisations=(both,), **fields)  # type: ignore[arg-type]  # fields of facts


async def two_incidents(stage: Stage, newer: DataType) -> None:
    """An incident of Almerys, and a newer one of Be Group that Bob watches."""
    await stage.add(person("bob", BE_GROUP))
    await stage.keep("one", said("Almerys", data_types=frozenset({NAME})))
    await stage.keep("two", said("Be Group", data_types=frozenset({newer})))
    await stage.decide()
    await pipeline.release(store=stage.store, clock=stage.clock)


async def test_an_update_after_a_join_compares_with_what_its_reader_was_told(
    stage: Stage,
) -> None:
    await two_incidents(stage, EMAIL)
    await stage.send()
    await stage.tell("three", tie())
    [sent] = await stage.send()
    assert sent.alerts[0].kind is Kind.UPDATE
    assert sent.alerts[0].before is not None
    assert sent.alerts[0].before.data_types == {EMAIL}
    assert sent.alerts[0].incident.data_types == {NAME, EMAIL}


async def test_R1_an_alert_not_yet_sent_survives_the_join_of_its_incident(stage: Stage) -> None:
    await two_incidents(stage, NAME)
    await stage.tell("three", tie())
    [sent] = await stage.send()
    assert (sent.delivery.to, sent.alerts[0].kind) == ("bob@example.org", Kind.NEW)


async def test_who_was_told_before_a_join_is_told_of_the_withdrawal(stage: Stage) -> None:
    await two_incidents(stage, NAME)
    await stage.send()
    await stage.tell("three", tie())
    await stage.send()
    for key, facts in (("one", said("Almerys")), ("two", said("Be Group")), ("three", tie())):
        await stage.keep(key, replace(facts, status=Status.WITHDRAWN))
    await stage.decide()
    await pipeline.release(store=stage.store, clock=stage.clock)
    assert kinds(await stage.send()) == [Kind.WITHDRAWN]


async def test_a_message_in_flight_while_its_incident_is_joined_is_followed_by_an_update(
    stage: Stage,
) -> None:
    await two_incidents(stage, NAME)
    [claimed] = await stage.claim()
    await stage.tell("three", tie(data_types=frozenset({BANK})))
    assert await stage.claim() == [], "order is kept while the first is on its way"
    await stage.settle(claimed)
    assert kinds(await stage.send()) == [Kind.UPDATE]


# --- what no longer holds ---


async def test_who_wants_confirmed_incidents_is_told_when_one_is_disputed(stage: Stage) -> None:
    await stage.add(person("ada", replace(ALMERYS, min_status=Status.CONFIRMED)))
    await stage.tell("one", FIRST)
    assert kinds(await stage.send()) == [Kind.NEW]
    stage.clock.forward(hours=1)
    disputed = replace(FIRST, status=Status.DISPUTED, speaker=Speaker.ORGANISATION)
    await stage.tell("two", disputed)
    [sent] = await stage.send()
    assert (sent.alerts[0].kind, sent.alerts[0].changes) == (
        Kind.UPDATE,
        frozenset({Change.DISPUTED}),
    )


BOTH_TYPES = said("Almerys", data_types=frozenset({NAME, EMAIL}))
NAMES_DENIED = said("Almerys", data_types=frozenset({EMAIL}), not_exposed=frozenset({NAME}))


async def test_what_no_longer_holds_before_it_was_sent_is_not_sent(stage: Stage) -> None:
    await stage.add(person("ada", Criteria(data_types=frozenset({NAME}))), person("bob", ALMERYS))
    await stage.tell("one", BOTH_TYPES)
    await stage.tell("one", NAMES_DENIED)
    [sent] = await stage.send()
    assert (sent.delivery.to, sent.alerts[0].incident.revision) == ("bob@example.org", 2)


async def test_who_was_told_of_data_that_is_denied_now_is_told_so(stage: Stage) -> None:
    await stage.add(person("ada", Criteria(data_types=frozenset({NAME}))))
    await stage.tell("one", BOTH_TYPES)
    assert kinds(await stage.send()) == [Kind.NEW]
    await stage.tell("one", NAMES_DENIED)
    [sent] = await stage.send()
    assert (sent.alerts[0].kind, sent.alerts[0].incident.data_types) == (
        Kind.UPDATE,
        frozenset({EMAIL}),
    )


# --- whom a revision is for ---


async def test_a_watch_that_names_nothing_is_not_told_of_what_was_seen_before_it(
    stage: Stage,
) -> None:
    await stage.keep("one", replace(FIRST, people=People(50, 50)))
    stage.clock.forward(minutes=1)
    await stage.add(person("ada", Criteria(min_people=10)))
    await stage.decide()
    await stage.expand()
    assert await stage.messages() == []


async def test_criteria_made_after_a_fan_out_do_not_inherit_it(stage: Stage) -> None:
    await stage.add(person("ada", Criteria(min_people=10)))
    await stage.keep("one", replace(FIRST, people=People(50, 50)))
    await stage.decide()
    stage.clock.forward(minutes=1)
    await stage.add(person("bob", Criteria(min_people=1_000_000)))
    await stage.expand()
    assert await stage.messages() == []


async def test_criteria_that_go_in_one_change_and_come_in_the_next_do_not_inherit_a_fan_out(
    stage: Stage,
) -> None:
    zed = person("zed", ALMERYS)
    await stage.add(zed, person("ada", Criteria(min_people=10)))
    await stage.keep("one", replace(said("Other"), people=People(50, 50)))
    await stage.decide()
    stage.clock.forward(minutes=1)
    await stage.add(zed)
    await stage.add(zed, person("bob", Criteria(min_people=1_000_000)))
    await stage.expand()
    assert await stage.messages() == []


async def test_an_update_gives_every_watch_that_holds_and_not_only_what_it_concerns(
    stage: Stage,
) -> None:
    await stage.add(person("ada", Criteria(data_types=frozenset({NAME})), ALMERYS))
    await stage.tell("one", FIRST)
    await stage.send()
    await stage.tell("two", said("Almerys", data_types=frozenset({NAME, BANK})))
    [sent] = await stage.send()
    assert [item.watch for item in sent.alerts[0].matched] == ["watch 1", "watch 2"]


async def test_a_supplier_that_becomes_known_is_told_to_those_who_watch_the_organisation(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST)
    await stage.send()
    await stage.tell("one", replace(FIRST, via=(Organisation("Host", "host"),)))
    [sent] = await stage.send()
    assert (sent.alerts[0].kind, sent.alerts[0].changes) == (
        Kind.UPDATE,
        frozenset({Change.VIA}),
    )


# --- names of incidents ---


async def test_R4_incidents_of_one_item_have_names_of_their_own_and_so_do_their_messages(
    stage: Stage,
) -> None:
    # An item that tells of one organisation, then another, then the first anew.
    await stage.add(person("ada", Criteria(organisations=("Almerys", "Orange"))))
    sent = []
    for name in ("Almerys", "Orange", "Almerys", "Orange"):
        stage.clock.forward(hours=1)
        await stage.tell("one", said(name))
        sent += await stage.send()
    found = await incidents(stage)
    assert len({item.ref for item in found}) == len(found) >= 2
    by_ref = await stage.store.read(lambda rx: [rx.incident(item.ref) for item in found])
    assert by_ref == found
    assert len({item.delivery.dedup_key for item in sent}) == len(sent) >= 2
    assert len({item.delivery.message_id for item in sent}) == len(sent)


async def test_nameless_parts_of_one_item_have_names_of_their_own(stage: Stage) -> None:
    parts = [said(data_types=frozenset({kind})) for kind in (NAME, EMAIL, BANK)]
    await stage.tell("one", *parts)
    found = await incidents(stage)
    assert len({item.ref for item in found}) == len(found) == 3
