"""The whole flow on a real store: one alert, once, with the right kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alertd.core.feed import Reply, Validators
from alertd.core.model import DataType, Status
from alertd.core.outbox import Ambiguous, Refusal, Refused
from alertd.core.people import Kind
from alertd.errors import FetchError, ParseError
from alertd.store import Store
from alertd.store.sources import Health
from tests.conftest import NOON, Clock
from tests.world import World, source, subscriber

LEAK = (
    "Almerys, a French payments processor, confirmed a data breach. Names and French social "
    "security numbers were exposed."
)
TITLE = "Almerys confirms data breach, social security numbers exposed"


@pytest.fixture
def world(store: Store, clock: Clock) -> World:
    return World(store, clock)


async def test_a_watched_organisation_is_told_once(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    sent = await world.run()
    assert [item.alerts[0].kind for item in sent] == [Kind.NEW]
    assert sent[0].alerts[0].incident.organisations[0].name == "Almerys"
    world.clock.forward(minutes=20)
    assert await world.run() == []


async def test_a_watched_kind_of_data_is_told(world: World) -> None:
    await world.add(subscriber(data_types=frozenset({DataType.NATIONAL_ID})))
    world.publish("press", TITLE, LEAK)
    assert len(await world.run()) == 1


async def test_nobody_else_is_told(world: World) -> None:
    await world.add(subscriber(organisations=("Another Firm",)))
    world.publish("press", TITLE, LEAK)
    assert await world.run() == []


async def test_an_item_that_is_no_breach_alerts_nobody(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish(
        "press", "Almerys opens a new office in Lyon", "Almerys hired 40 people this year."
    )
    assert await world.run() == []


async def test_the_same_event_from_two_sources_is_one_incident(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    world.publish(
        "presse",
        "Fuite de données chez ALMERYS SAS : des numéros de sécurité sociale exposés",
        "ALMERYS a confirmé une fuite de données : noms et numéros de sécurité sociale exposés.",
    )
    sent = await world.run(source("press"), source("presse", language="fr"))
    assert len(sent) == 1
    assert len(await world.store.read(lambda rx: rx.incidents())) == 1


async def test_first_contact_takes_old_items_for_history(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK, at=world.clock() - timedelta(days=30))
    assert await world.run() == []
    [(_, news)] = await world.store.read(lambda rx: rx.incidents())
    assert not news


async def test_first_contact_takes_undated_items_for_history(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK, published=None)
    assert await world.run() == []


async def test_after_first_contact_an_old_posting_is_history_and_an_undated_one_news(
    world: World,
) -> None:
    await world.add(subscriber(organisations=("Almerys", "Viamedis")))
    await world.poll()
    world.clock.forward(hours=1)
    world.publish("press", TITLE, LEAK, at=world.clock() - timedelta(days=30))
    world.publish(
        "press",
        TITLE.replace("Almerys", "Viamedis"),
        LEAK.replace("Almerys", "Viamedis"),
        published=None,
    )
    sent = await world.run()
    assert [item.alerts[0].incident.organisations[0].name for item in sent] == ["Viamedis"]


async def test_a_source_back_after_nine_days_loses_nothing(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    await world.poll()
    world.clock.forward(days=9)
    world.publish("press", TITLE, LEAK, at=world.clock() - timedelta(days=8))
    sent = await world.run()
    assert len(sent) == 1
    assert sent[0].alerts[0].late


async def test_news_of_an_incident_that_was_history_is_told(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK, at=world.clock() - timedelta(days=12))
    assert await world.run() == []
    world.publish("other", "Almerys breach: social security numbers exposed", LEAK)
    sent = await world.run(source("other"))
    assert [item.alerts[0].kind for item in sent] == [Kind.NEW]


async def test_a_term_made_later_is_not_alerted_by_what_was_seen_before(world: World) -> None:
    await world.add(subscriber(organisations=("Nobody",)))
    world.publish("press", TITLE, LEAK)
    await world.run()
    world.clock.forward(hours=1)
    await world.add(subscriber(organisations=("Nobody", "Almerys")))
    assert await world.run() == []


async def test_an_update_goes_to_whom_the_change_concerns(world: World) -> None:
    await world.add(
        subscriber("ada", organisations=("Almerys",)),
        subscriber("bob", data_types=frozenset({DataType.NATIONAL_ID})),
    )
    world.publish("press", TITLE, LEAK)
    assert len(await world.run()) == 2
    world.clock.forward(hours=2)
    world.publish(
        "other",
        "Almerys breach: bank account numbers exposed too",
        "Almerys confirmed that IBAN bank account numbers were exposed in its data breach, besides "
        "names and French social security numbers.",
    )
    sent = await world.run(source("other"))
    assert [(item.alerts[0].reader.name, item.alerts[0].kind) for item in sent] == [
        ("ada", Kind.UPDATE)
    ]
    [first] = [item for item in world.sent[:2] if item.alerts[0].reader.name == "ada"]
    assert sent[0].first_message_id == first.delivery.message_id


async def test_an_unsent_message_is_superseded_and_the_newest_fits_what_was_told(
    world: World,
) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    await world.poll()
    await world.correlate()
    world.publish(
        "other",
        "Almerys breach: IBAN exposed too",
        LEAK + " Bank account numbers (IBAN) were exposed.",
    )
    sent = await world.run(source("other"))
    assert [(item.alerts[0].kind, item.alerts[0].incident.revision) for item in sent] == [
        (Kind.NEW, 2)
    ]
    states = [item["state"] for item in await world.store.read(lambda rx: rx.deliveries())]
    assert states == ["suppressed", "sent"]


async def test_a_withdrawal_reaches_whoever_was_told_and_nobody_else(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    await world.run()
    world.clock.forward(hours=2)
    world.publish("press", TITLE, LEAK, status=Status.WITHDRAWN)
    sent = await world.run()
    assert [item.alerts[0].kind for item in sent] == [Kind.WITHDRAWN]


async def test_a_withdrawal_of_something_never_sent_sends_nothing(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    await world.poll()
    await world.correlate()
    world.clock.forward(hours=2)
    world.publish("press", TITLE, LEAK, status=Status.WITHDRAWN)
    assert await world.run() == []
    [row] = await world.store.read(lambda rx: rx.deliveries())
    assert (row["state"], row["state_reason"]) == ("suppressed", "withdrawn-unsent")


async def test_a_withdrawal_follows_a_message_that_may_have_arrived(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    world.outcomes = [Ambiguous("connection lost after the dot")]
    await world.run()
    world.clock.forward(hours=2)
    world.publish("press", TITLE, LEAK, status=Status.WITHDRAWN)
    sent = await world.run()
    assert [item.alerts[0].kind for item in sent] == [Kind.WITHDRAWN]


async def test_a_deferred_message_is_sent_again_under_the_same_id(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    world.outcomes = [Refused(Refusal.ROW_TEMPORARY, "451 greylisted")]
    await world.run()
    assert len(await world.deliver()) == 0
    world.clock.forward(minutes=10)
    await world.deliver()
    first, second = world.sent
    assert first.delivery.message_id == second.delivery.message_id
    assert second.delivery.attempts == 1


async def test_who_said_no_is_never_sent_to(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    now = world.clock()
    await world.store.run(lambda tx: tx.suppress("ADA@example.org ", "unsubscribed", now))
    world.publish("press", TITLE, LEAK)
    assert await world.run() == []
    [row] = await world.store.read(lambda rx: rx.deliveries())
    assert (row["state"], row["state_reason"]) == ("suppressed", "unsubscribed")


async def test_min_status_confirmed_waits_for_the_confirmation(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",), min_status=Status.CONFIRMED))
    world.publish("claims", "Almerys claimed by ransomware group", LEAK, status=Status.CLAIMED)
    assert await world.run(source("claims")) == []
    world.clock.forward(hours=3)
    world.publish("press", TITLE, LEAK)
    sent = await world.run()
    assert [item.alerts[0].kind for item in sent] == [Kind.NEW]


async def test_excluded_names_are_not_told(world: World) -> None:
    await world.add(subscriber(data_types=frozenset({DataType.NATIONAL_ID}), exclude=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    assert await world.run() == []


async def test_an_empty_answer_where_there_were_items_is_a_failure(world: World) -> None:
    world.publish("press", TITLE, LEAK)
    await world.run()
    world.reports["press"].clear()
    world.version += 1
    world.clock.forward(hours=1)
    await world.poll()
    health = await world.store.read(lambda rx: rx.health("press"))
    assert health.failures == 1
    assert "no item" in (health.error or "")
    assert len(await world.store.read(lambda rx: rx.incidents())) == 1


# --- polls that go wrong, and polls that bring nothing ---


async def test_an_unchanged_answer_is_not_read_again(world: World) -> None:
    world.publish("press", TITLE, LEAK)
    assert await world.poll() == 1
    world.unreadable = [ParseError("was read again")]
    assert await world.poll() == 0
    assert (await health(world)).failures == 0


async def test_F4_validators_are_kept_with_the_reports_and_sent_back(world: World) -> None:
    world.publish("press", TITLE, LEAK)
    tagged = Validators('W/"1"', None)
    reply = Reply(url="https://press.example/feed", status=200, headers={}, body=b"1")
    world.answers = [replace(reply, validators=tagged), replace(reply, status=304, body=b"")]
    assert [await world.poll(), await world.poll(), await world.poll()] == [1, 0, 0]
    assert world.asked == [Validators(), tagged, tagged]
    known = await health(world)
    assert (known.validators, known.items, known.item_at) == (Validators(), 1, NOON)


@pytest.mark.parametrize(
    ("wished", "minutes"), [(None, 15), (1, 15), (3_600, 60), (10**9, 24 * 60)]
)
async def test_F5_a_servers_own_wish_is_obeyed_within_bounds(
    world: World, wished: float | None, minutes: int
) -> None:
    world.answers = [FetchError("503: try later", retry_after=wished)]
    assert await world.poll() == 0
    known = await health(world)
    assert known.due_at == NOON + timedelta(minutes=minutes)
    assert (known.wait_until is None) is (wished is None)


async def test_R6_a_failing_source_is_asked_less_and_less_and_another_goes_on(
    world: World,
) -> None:
    waits = []
    for _ in range(9):
        world.answers = [FetchError("no answer")]
        await world.poll()
        waits.append((await health(world)).due_at)
    minutes = [(at - NOON).total_seconds() / 60 for at in waits if at is not None]
    assert minutes == [15, 30, 60, 120, 240, 360, 360, 360, 360]
    world.publish("other", TITLE, LEAK)
    assert await world.poll(source("other")) == 1


async def test_F6_a_source_that_is_gone_is_suspended(world: World) -> None:
    world.answers = [FetchError("410: gone", gone=True)]
    await world.poll()
    assert (await health(world)).suspended


async def test_F2_a_body_that_ended_the_parser_twice_is_set_aside_until_it_changes(
    world: World,
) -> None:
    world.publish("press", TITLE, LEAK)
    killed = ParseError("out of memory", killed=True)
    world.unreadable = [killed, killed, ParseError("was read again")]
    for _ in range(3):
        await world.poll()
    known = await health(world)
    assert (known.failures, known.kills) == (3, 2)
    assert "set aside until the publisher changes it" in (known.error or "")
    world.unreadable.clear()
    world.publish("press", "Another item", "Nothing of note.")
    assert await world.poll() == 2
    assert (await health(world)).failures == 0


async def health(world: World) -> Health:
    return await world.store.read(lambda rx: rx.health("press"))


# --- sends that go wrong ---


async def test_R6_our_own_fault_in_one_message_does_not_stop_the_next(world: World) -> None:
    await world.add(
        subscriber("ada", organisations=("Almerys",)), subscriber("bob", organisations=("Almerys",))
    )
    world.publish("press", TITLE, LEAK)
    world.outcomes = [KeyError("no such text")]
    sent = await world.run()
    assert [item.delivery.to for item in sent] == ["ada@example.org", "bob@example.org"]
    rows = await world.store.read(lambda rx: rx.deliveries())
    assert [row["state"] for row in rows] == ["waiting", "sent"]
    assert rows[0]["last_answer"] == "KeyError: 'no such text'"


async def test_a_channel_that_cannot_be_reached_rests_with_all_its_messages(world: World) -> None:
    await world.add(
        subscriber("ada", organisations=("Almerys",)), subscriber("bob", organisations=("Almerys",))
    )
    world.publish("press", TITLE, LEAK)
    world.outcomes = [Refused(Refusal.SERVER_TEMPORARY, "connection refused")]
    assert len(await world.run()) == 1
    assert await world.deliver() == []
    channels = await world.store.read(lambda rx: rx.channels())
    assert (channels["mail"]["failures"], channels["mail"]["suspended"]) == (1, False)
    assert channels["mail"]["resume_at"] > NOON
    world.clock.forward(hours=1)
    assert len(await world.deliver()) == 2
    assert await world.store.read(lambda rx: rx.channels()) == {}


async def test_a_channel_that_refuses_us_is_suspended_and_the_operator_told(world: World) -> None:
    await world.add(
        subscriber("ada", organisations=("Almerys",)), subscriber("bob", organisations=("Almerys",))
    )
    world.publish("press", TITLE, LEAK)
    world.outcomes = [Refused(Refusal.SERVER_PERMANENT, "535 wrong password")]
    assert len(await world.run()) == 1
    world.clock.forward(days=1)
    assert await world.deliver() == []
    assert [subject for subject, *_ in world.told] == ["Messages by mail are held"]
    await world.store.run(lambda tx: tx.resume_channel("mail"))
    assert len(await world.deliver()) == 2


async def test_R7_a_message_that_gives_up_reaches_the_operator(world: World) -> None:
    await world.add(subscriber(organisations=("Almerys",)))
    world.publish("press", TITLE, LEAK)
    world.outcomes = [Refused(Refusal.RECIPIENT_PERMANENT, "550 5.1.1 no such mailbox")]
    await world.run()
    assert [subject for subject, *_ in world.told] == ["Messages by mail gave up"]
    assert "550 5.1.1 no such mailbox" in world.told[0][1]
    [row] = await world.store.read(lambda rx: rx.dead())
    assert row["state"] == "dead"
