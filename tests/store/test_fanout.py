"""From a revision to messages: to whom, once, in order, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from alertd import pipeline
from alertd.core.model import Change, DataType, People, Severity, Status
from alertd.core.outbox import Dead, Hold, Later, Settlement, StateReason
from alertd.core.people import Criteria, Kind, Route
from alertd.errors import StoreError
from alertd.store import Store, Tx
from tests.conftest import Clock
from tests.store.stage import Stage, person, said

NAME, EMAIL, BANK = DataType.NAME, DataType.EMAIL, DataType.BANK_ACCOUNT
ALMERYS = Criteria(organisations=("Almerys",))
NAMES = Criteria(data_types=frozenset({NAME}))
FIRST = said("Almerys", data_types=frozenset({NAME}))
MORE = said("Almerys", data_types=frozenset({NAME, BANK}))
BACK = replace(FIRST, status=Status.WITHDRAWN)


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


def mail(name: str, **fields: object) -> Route:
    return replace(Route(channel="mail", to=f"{name}@example.org"), **fields)  # type: ignore[arg-type]  # fields of a route


async def kinds(stage: Stage, channel: str = "mail") -> dict[str, Kind]:
    """Send what is due; who got which kind."""
    sent = await stage.send(channel)
    assert len({item.alerts[0].reader.name for item in sent}) == len(sent)
    return {item.alerts[0].reader.name: item.alerts[0].kind for item in sent}


# --- chunks ---


async def test_a_fan_out_goes_in_chunks_and_reaches_everybody_once(stage: Stage) -> None:
    await stage.add(*(person(f"p{n:02}", ALMERYS) for n in range(20)))
    await stage.keep("one", FIRST)
    await stage.decide()
    assert await stage.expand(limit=3) == 8
    assert [row[0] for row in await stage.messages()] == [f"p{n:02}" for n in range(20)]
    assert await stage.expand(limit=3) == 0


async def test_R1_a_fan_out_that_was_cut_off_goes_on_where_it_stopped(stage: Stage) -> None:
    await stage.add(*(person(f"p{n:02}", ALMERYS) for n in range(20)))
    await stage.keep("one", FIRST)
    await stage.decide()

    def cut_off(tx: Tx) -> None:
        tx.expand(stage.clock(), limit=3)
        raise StoreError("power failed")

    for done in (3, 6, 9):
        assert await stage.store.run(lambda tx: tx.expand(stage.clock(), limit=3))
        with pytest.raises(StoreError, match="power"):
            await stage.store.run(cut_off)
        assert len(await stage.messages()) == done
    await stage.expand(limit=3)
    assert [row[0] for row in await stage.messages()] == [f"p{n:02}" for n in range(20)]


async def test_a_withdrawal_goes_in_chunks_too(stage: Stage) -> None:
    await stage.add(*(person(f"p{n}", ALMERYS) for n in range(7)))
    await stage.tell("one", FIRST)
    await stage.send()
    await stage.keep("one", BACK)
    await stage.decide()
    assert await stage.expand(limit=3) == 4
    assert [row[1] for row in await stage.messages()] == ["new"] * 7 + ["withdrawn"] * 7


async def test_a_watch_made_while_a_fan_out_is_open_is_not_told_of_it(stage: Stage) -> None:
    await stage.add(*(person(f"p{n}", ALMERYS) for n in range(4)))
    await stage.keep("one", FIRST)
    await stage.decide()
    await stage.store.run(lambda tx: tx.expand(stage.clock(), limit=3))
    stage.clock.forward(seconds=5)
    await stage.add(*(person(f"p{n}", ALMERYS) for n in range(6)))
    await stage.expand(limit=3)
    assert [row[0] for row in await stage.messages()] == ["p0", "p1", "p2", "p3"]


# --- one message, all reasons ---


async def test_several_watches_of_one_person_are_one_message_with_every_reason(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS, NAMES, Criteria(organisations=("Nobody",)), ALMERYS))
    await stage.tell("one", FIRST)
    [sent] = await stage.send()
    assert [item.watch for item in sent.alerts[0].matched] == ["watch 1", "watch 2", "watch 4"]
    assert all(item.reason.holds for item in sent.alerts[0].matched)
    because = await stage.store.read(lambda rx: rx.because(sent.delivery.id))
    assert "watch 2: data_types: name" in because


async def test_two_routes_of_one_person_are_a_message_each(stage: Stage) -> None:
    routes = [mail("ada"), Route(channel="chat", to="room")]
    await stage.add(person("ada", ALMERYS, NAMES, routes=routes))
    await stage.tell("one", FIRST)
    rows = await stage.store.read(lambda rx: rx.deliveries())
    assert sorted(row["channel"] for row in rows) == ["chat", "mail"]
    assert len({row["message_id"] for row in rows}) == 2
    assert await kinds(stage, "chat") == {"ada": Kind.NEW}
    await stage.tell("two", MORE)
    assert await kinds(stage, "chat") == {"ada": Kind.UPDATE}
    assert await kinds(stage) == {"ada": Kind.NEW}


@pytest.mark.parametrize(
    ("events", "severity", "told"),
    [
        ({"new", "update", "withdrawn"}, Severity.INFO, ["new", "update", "withdrawn"]),
        ({"new"}, Severity.INFO, ["new"]),
        ({"new", "withdrawn"}, Severity.INFO, ["new", "withdrawn"]),
        ({"new", "update"}, Severity.INFO, ["new", "update"]),
        ({"update", "withdrawn"}, Severity.INFO, []),
        ({"new", "update", "withdrawn"}, Severity.LOW, ["new", "update", "withdrawn"]),
        ({"new", "update", "withdrawn"}, Severity.HIGH, ["new", "withdrawn"]),
        ({"new", "update", "withdrawn"}, Severity.CRITICAL, []),
    ],
)
async def test_a_route_lets_through_what_it_says(
    stage: Stage, events: set[str], severity: Severity, told: list[str]
) -> None:
    route = mail("ada", events=frozenset(events), min_severity=severity)
    await stage.add(person("ada", ALMERYS, routes=[route]))
    found = []
    for facts in (FIRST, MORE, replace(MORE, status=Status.WITHDRAWN)):
        stage.clock.forward(hours=1)
        await stage.tell("one", facts)
        found += [item.alerts[0].kind.value for item in await stage.send()]
    assert found == told


# --- whom a revision is for ---


async def test_an_update_goes_only_to_those_who_were_told_and_whom_it_concerns(
    stage: Stage,
) -> None:
    await stage.add(
        person("ada", ALMERYS), person("bob", NAMES), person("cyd", Criteria(min_people=10))
    )
    await stage.tell("one", FIRST)
    assert await kinds(stage) == {"ada": Kind.NEW, "bob": Kind.NEW}
    stage.clock.forward(hours=1)
    await stage.tell("two", MORE)
    assert await kinds(stage) == {"ada": Kind.UPDATE}
    stage.clock.forward(hours=1)
    await stage.tell("three", replace(MORE, people=People(50, 50)))
    assert await kinds(stage) == {"ada": Kind.UPDATE, "bob": Kind.UPDATE, "cyd": Kind.NEW}


async def test_an_update_says_what_was_told_before_and_what_has_changed(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST)
    [first] = await stage.send()
    await stage.tell("two", MORE)
    [second] = await stage.send()
    await stage.tell("three", replace(MORE, people=People(50, 50)))
    [third] = await stage.send()
    assert first.alerts[0].before is None
    assert second.alerts[0].before == first.alerts[0].incident
    assert second.alerts[0].changes == {Change.DATA_TYPES}
    assert third.alerts[0].changes == {Change.PEOPLE}
    ids = [item.delivery.message_id for item in (first, second, third)]
    assert len(set(ids)) == 3
    assert (second.first_message_id, second.last_message_id) == (ids[0], ids[0])
    assert (third.first_message_id, third.last_message_id) == (ids[0], ids[1])


async def test_a_term_made_after_a_report_was_seen_is_not_alerted_by_it(stage: Stage) -> None:
    await stage.keep("one", FIRST)
    stage.clock.forward(minutes=1)
    await stage.add(person("ada", ALMERYS), person("bob", NAMES))
    await stage.decide()
    await stage.expand()
    assert await stage.messages() == []


async def test_a_revision_by_a_report_seen_after_the_term_was_made_is_its_new(
    stage: Stage,
) -> None:
    await stage.tell("one", FIRST)
    stage.clock.forward(minutes=1)
    await stage.add(person("ada", ALMERYS))
    stage.clock.forward(minutes=1)
    await stage.tell("two", MORE)
    assert await kinds(stage) == {"ada": Kind.NEW}


async def test_each_field_needs_a_term_that_is_old_enough(stage: Stage) -> None:
    both = Criteria(organisations=("Almerys",), data_types=frozenset({BANK, EMAIL}))
    await stage.add(person("ada", replace(both, data_types=frozenset({EMAIL}))))
    await stage.keep("one", MORE)
    stage.clock.forward(minutes=1)
    await stage.add(person("ada", both))
    await stage.decide()
    await stage.expand()
    assert await stage.messages() == []


async def test_a_withdrawal_goes_to_whoever_was_told_or_may_have_been(stage: Stage) -> None:
    await stage.add(*(person(name, ALMERYS) for name in ("ada", "bob", "cyd", "dan")))
    await stage.tell("one", FIRST)
    outcomes: dict[str, Settlement | None] = {
        "ada": None,
        "bob": Later(stage.clock(), "lost after the dot", maybe_sent=True),
        "cyd": Later(stage.clock(), "451 later"),
        "dan": Dead("550 no such mailbox", recipient=True),
    }
    for item in await stage.claim():
        await stage.settle(item, outcomes[item.alerts[0].reader.name])
    await stage.tell("one", BACK)
    assert await kinds(stage) == {"ada": Kind.WITHDRAWN, "bob": Kind.WITHDRAWN}
    states = {(row[0], row[1]): row[3] for row in await stage.messages()}
    assert states["bob", "new"] == states["cyd", "new"] == "suppressed withdrawn-unsent"
    assert states["dan", "new"] == "dead"
    assert ("cyd", "withdrawn") not in states


# --- newer revisions overtake unsent ones ---


async def test_an_unsent_message_is_set_aside_for_the_newest(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    for facts in (FIRST, MORE, replace(MORE, people=People(50, 50))):
        await stage.tell("one", facts)
    assert await stage.messages() == [
        ("ada", "new", 1, "suppressed superseded"),
        ("ada", "new", 2, "suppressed superseded"),
        ("ada", "new", 3, "waiting"),
    ]


async def test_a_message_in_flight_goes_first_and_the_newer_becomes_an_update(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST)
    [first] = await stage.claim()
    await stage.tell("two", MORE)
    assert await stage.messages() == [("ada", "new", 1, "sending"), ("ada", "new", 2, "waiting")]
    assert await stage.claim() == []
    await stage.settle(first)
    [second] = await stage.claim()
    assert second.alerts[0].kind is Kind.UPDATE
    assert second.alerts[0].changes == {Change.DATA_TYPES}
    assert second.first_message_id == first.delivery.message_id


async def test_a_message_in_flight_that_must_wait_makes_room_for_the_newer(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST)
    [first] = await stage.claim()
    await stage.tell("two", MORE)
    await stage.settle(first, Later(stage.clock() + timedelta(minutes=5), "451 later"))
    assert await stage.messages() == [
        ("ada", "new", 1, "suppressed superseded"),
        ("ada", "new", 2, "waiting"),
    ]
    assert await kinds(stage) == {"ada": Kind.NEW}


async def test_a_message_in_flight_when_all_is_withdrawn_decides_what_follows(
    stage: Stage,
) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", ALMERYS))
    await stage.tell("one", FIRST)
    ada, bob = await stage.claim()
    await stage.tell("one", BACK)
    await stage.settle(ada)
    await stage.settle(bob, Later(stage.clock(), "451 later"))
    assert await kinds(stage) == {"ada": Kind.WITHDRAWN}
    assert await stage.messages() == [
        ("ada", "new", 1, "sent"),
        ("bob", "new", 1, "suppressed superseded"),
        ("ada", "withdrawn", 2, "sent"),
        ("bob", "withdrawn", 2, "suppressed withdrawn-unsent"),
    ]


async def test_an_update_of_something_whose_first_message_died_is_a_new(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST)
    [first] = await stage.claim()
    await stage.tell("two", MORE)
    await stage.settle(first, Dead("550 no"))
    assert await kinds(stage) == {"ada": Kind.NEW}


async def test_a_held_message_is_set_aside_too(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST)
    [first] = await stage.claim()
    await stage.settle(first, Hold(StateReason.POLICY, "550 5.7.1"))
    await stage.tell("two", MORE)
    assert [row[3] for row in await stage.messages()] == ["suppressed superseded", "waiting"]


# --- times ---


async def test_a_message_waits_for_the_end_of_its_readers_quiet_hours(stage: Stage) -> None:
    await stage.add(
        person("ada", ALMERYS, routes=[mail("ada", quiet="11:00-13:30")]),
        person("bob", ALMERYS, routes=[mail("bob", quiet="11:00-13:30")], timezone="Europe/Paris"),
        person(
            "cyd",
            ALMERYS,
            routes=[mail("cyd", quiet="11:00-13:30", quiet_except=Severity.LOW)],
        ),
    )
    await stage.tell("one", FIRST)
    assert [row[3] for row in await stage.messages()] == ["held quiet", "waiting", "waiting"]
    assert await kinds(stage) == {"bob": Kind.NEW, "cyd": Kind.NEW}
    stage.clock.forward(minutes=89)
    assert await released(stage) == {}
    stage.clock.forward(minutes=1)
    assert await released(stage) == {"ada": Kind.NEW}


async def released(stage: Stage) -> dict[str, Kind]:
    await pipeline.release(store=stage.store, clock=stage.clock)
    return await kinds(stage)


@pytest.mark.parametrize(("hours", "late"), [(23, False), (25, True)])
async def test_R8_what_comes_a_day_after_it_was_published_says_that_it_is_late(
    stage: Stage, hours: int, *, late: bool
) -> None:
    await stage.add(person("ada", ALMERYS))
    await stage.tell("one", FIRST, at=stage.clock())
    stage.clock.forward(hours=hours)
    [sent] = await stage.send()
    assert sent.alerts[0].late is late


async def test_messages_are_counted_and_their_times_known(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", ALMERYS))
    read = stage.store.read
    assert await read(lambda rx: rx.oldest_waiting()) is None
    assert await read(lambda rx: rx.last_sent()) is None
    await stage.tell("one", FIRST)
    now = stage.clock()
    assert await read(lambda rx: rx.counts()) == {"waiting": 2}
    assert await read(lambda rx: rx.due(now)) == 2
    assert await read(lambda rx: rx.due_on("mail", now, 1)) == 1
    assert await read(lambda rx: rx.due_on("chat", now, 9)) == 0
    assert await read(lambda rx: rx.oldest_waiting()) == now
    assert await read(lambda rx: rx.next_due("mail")) == now
    assert await read(lambda rx: rx.next_due("chat")) is None
    ada, bob = await stage.claim()
    later = now + timedelta(minutes=5)
    await stage.settle(ada)
    await stage.settle(bob, Later(later, "451 later"))
    assert await read(lambda rx: rx.counts()) == {"sent": 1, "waiting": 1}
    assert await read(lambda rx: rx.tried_and_waiting()) == 1
    assert await read(lambda rx: rx.last_sent()) == now
    assert await read(lambda rx: rx.next_due("mail")) == later
    resume_at = now + timedelta(minutes=9)
    await stage.store.run(
        lambda tx: tx.note_channel("mail", now, answer="421 busy", resume_at=resume_at)
    )
    assert await read(lambda rx: rx.next_due("mail")) == resume_at
    stage.clock.forward(minutes=6)
    assert await stage.claim() == []
    await stage.store.run(
        lambda tx: tx.note_channel("mail", now, answer="535", resume_at=None, suspend=True)
    )
    assert await read(lambda rx: rx.next_due("mail")) is None


async def test_one_person_and_incident_can_be_asked_for(stage: Stage) -> None:
    await stage.add(person("ada", ALMERYS), person("bob", ALMERYS))
    await stage.tell("one", FIRST)
    ids = await stage.store.read(lambda rx: rx.subscriber_ids())
    [row] = await stage.store.read(lambda rx: rx.deliveries_of(ids["bob"], 1))
    assert row["subscriber"] == "bob"
    assert await stage.store.read(lambda rx: rx.one_delivery(row["id"])) == row
    assert await stage.store.read(lambda rx: rx.one_delivery(99)) is None
    [listed] = [row for row in await rows_of(stage) if row["subscriber"] == "ada"]
    assert (listed["due_at"], listed["sent_at"]) == (stage.clock().isoformat(), None)


async def rows_of(stage: Stage) -> Sequence[dict[str, object]]:
    return await stage.store.read(lambda rx: rx.deliveries())
