"""Silences in the store: what they hold, what is counted, and their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertd import pipeline
from alertd.core.model import DataType, Status
from alertd.core.people import Criteria, Kind, Route, Subscriber
from alertd.core.silences import Scope, Silence
from alertd.store import Store
from tests.conftest import Clock
from tests.store.stage import Stage, person, said
from tests.world import source


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


def reader(name: str = "ada", *wanted: Criteria, when: str = "now") -> Subscriber:
    routes = [Route(channel="mail", when=when, to=f"{name}@example.org")]
    chosen = wanted or (Criteria(organisations=("Almerys", "Viamedis")),)
    return person(name, *chosen, routes=routes)


async def silence(
    stage: Stage, scope: Scope, target: str, subscriber: str | None = None, days: float = 2
) -> int:
    now = stage.clock()
    item = Silence(
        id=0,
        scope=scope,
        target=target,
        shown=target,
        since=now,
        until=now + timedelta(days=days),
        subscriber=subscriber,
    )
    return await stage.store.run(lambda tx: tx.add_silence(item))


async def held_by(stage: Stage, number: int) -> tuple[int, int]:
    """Messages and people."""
    found = await stage.store.read(lambda rx: rx.silences())
    [item] = [item for item in found if item.silence.id == number]
    return len(item.messages), item.people


async def test_a_silenced_message_ends_and_is_counted(stage: Stage) -> None:
    await stage.add(reader(), reader("bob"), first=True)
    number = await silence(stage, Scope.ORGANISATION, "almerys")
    await stage.tell("a", said("Almerys"))
    assert await stage.claim() == []
    assert {row[3] for row in await stage.messages()} == {"suppressed silenced"}
    assert await held_by(stage, number) == (2, 2)


async def test_a_silence_for_one_person_holds_nobody_elses(stage: Stage) -> None:
    await stage.add(reader(), reader("bob"), first=True)
    await silence(stage, Scope.ORGANISATION, "almerys", "ada")
    await stage.tell("a", said("Almerys"))
    [item] = await stage.claim()
    assert item.delivery.to == "bob@example.org"


async def test_a_silence_on_an_incident_holds_its_updates_and_nothing_else(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await stage.tell("a", said("Almerys", status=Status.CLAIMED))
    [first] = await stage.send()
    await silence(stage, Scope.INCIDENT, first.alerts[0].incident.ref)
    more = said("Almerys", data_types=frozenset({DataType.PASSWORD}))
    await stage.tell("b", more, by=source("other"))
    await stage.tell("c", said("Viamedis"))
    found = await stage.claim()
    assert [item.alerts[0].incident.organisations[0].name for item in found] == ["Viamedis"]


async def test_a_correction_of_what_was_told_passes_a_silence(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await stage.tell("a", said("Almerys", status=Status.CLAIMED))
    [first] = await stage.send()
    await silence(stage, Scope.INCIDENT, first.alerts[0].incident.ref)
    await stage.tell("a", said("Almerys", status=Status.WITHDRAWN))
    assert [item.alerts[0].kind for item in await stage.claim()] == [Kind.WITHDRAWN]


async def test_one_watch_that_is_silenced_does_not_silence_another(stage: Stage) -> None:
    wanted = Criteria(organisations=("Almerys",)), Criteria(organisations=("Viamedis",))
    await stage.add(reader("ada", *wanted), first=True)
    await silence(stage, Scope.WATCH, "watch 1", "ada")
    await stage.tell("a", said("Almerys"))
    await stage.tell("b", said("Almerys", "Viamedis", incident_date="2024-01-01"))
    [item] = await stage.claim()
    assert len(item.alerts[0].incident.organisations) == 2


async def test_a_digest_leaves_out_what_is_silenced(stage: Stage) -> None:
    await stage.add(reader(when="daily 18:00"), first=True)
    number = await silence(stage, Scope.ORGANISATION, "almerys")
    await stage.tell("a", said("Almerys"))
    await stage.tell("b", said("Viamedis"))
    stage.clock.now = datetime(2026, 6, 1, 18, tzinfo=UTC)
    await pipeline.release(store=stage.store, clock=stage.clock)
    [digest] = await stage.send()
    assert digest.delivery.kind is Kind.DIGEST
    assert [item.incident.organisations[0].name for item in digest.alerts] == ["Viamedis"]
    assert await held_by(stage, number) == (1, 1)
    await stage.store.run(lambda tx: tx.retry(1, stage.clock()))
    [again] = await stage.send()
    assert [item.incident.organisations[0].name for item in again.alerts] == ["Almerys"]


async def test_a_silenced_message_can_be_sent_after_all_while_its_silence_lasts(
    stage: Stage,
) -> None:
    await stage.add(reader(), first=True)
    await silence(stage, Scope.ORGANISATION, "almerys")
    await stage.tell("a", said("Almerys"))
    assert await stage.claim() == []
    assert await stage.store.run(lambda tx: tx.retry(1, stage.clock()))
    [item] = await stage.send()
    assert item.alerts[0].kind is Kind.NEW


async def test_what_was_set_aside_for_another_reason_cannot_be_sent_again(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await stage.tell("a", said("Almerys"))
    await stage.tell("a", said("Almerys", status=Status.WITHDRAWN))
    assert [row[3] for row in await stage.messages()] == ["suppressed withdrawn-unsent"]
    assert not await stage.store.run(lambda tx: tx.retry(1, stage.clock()))


async def test_a_silence_ends_at_its_time_and_its_end_is_told_once(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    number = await silence(stage, Scope.ORGANISATION, "almerys", days=2)
    await stage.tell("a", said("Almerys"))
    assert await stage.claim() == []
    assert await stage.store.run(lambda tx: tx.end_silences(stage.clock())) == ()
    stage.clock.forward(days=2)
    [ended] = await stage.store.run(lambda tx: tx.end_silences(stage.clock()))
    assert (ended.silence.id, ended.messages, ended.people) == (number, ((1, "Almerys"),), 1)
    assert await stage.store.run(lambda tx: tx.end_silences(stage.clock())) == ()
    await stage.tell("b", said("Viamedis", "Almerys", incident_date="2024-01-01"))
    assert len(await stage.claim()) == 1


async def test_a_silence_that_is_removed_holds_nothing_more(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    number = await silence(stage, Scope.ORGANISATION, "almerys")
    ended = await stage.store.run(lambda tx: tx.remove_silence(number, stage.clock()))
    assert ended is not None
    assert await stage.store.run(lambda tx: tx.remove_silence(number, stage.clock())) is None
    await stage.tell("a", said("Almerys"))
    assert len(await stage.claim()) == 1
    assert await stage.store.run(lambda tx: tx.end_silences(stage.clock())) == ()


async def test_a_silence_of_a_moment_ago_holds_what_waits_already(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await stage.tell("a", said("Almerys"))
    await silence(stage, Scope.ORGANISATION, "almerys")
    assert await stage.claim() == []
