"""What is known of sources, poll after poll."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertd.core.feed import Validators
from alertd.store import Store
from alertd.store.sources import Health
from tests.conftest import NOON, Clock

TAGGED = Validators('W/"1"', "Mon, 01 Jun 2026 12:00:00 GMT")

URL = "https://press.example.org/feed"


async def succeed(
    store: Store,
    clock: Clock,
    *,
    validators: Validators = TAGGED,
    items: int | None = 3,
    found: int = 0,
    body_hash: str | None = "body",
) -> Health:
    await store.run(
        lambda tx: tx.note_success(
            "press",
            URL,
            clock(),
            due_at=clock() + timedelta(minutes=15),
            validators=validators,
            body_hash=body_hash,
            items=items,
            found=found,
        )
    )
    return await store.read(lambda rx: rx.health("press"))


async def fail(
    store: Store, clock: Clock, *, suspend: bool = False, killer_hash: str | None = None
) -> Health:
    await store.run(
        lambda tx: tx.note_failure(
            "press",
            URL,
            "no answer",
            clock(),
            due_at=clock() + timedelta(minutes=30),
            wait_until=clock() + timedelta(minutes=20),
            suspend=suspend,
            killer_hash=killer_hash,
        )
    )
    return await store.read(lambda rx: rx.health("press"))


async def test_a_source_never_polled_is_new(store: Store) -> None:
    health = await store.read(lambda rx: rx.health("press"))
    assert health == Health(name="press")
    assert health.state == "new"
    assert await store.read(lambda rx: rx.healths()) == {}


async def test_a_good_poll_is_remembered(store: Store, clock: Clock) -> None:
    health = await succeed(store, clock, found=2)
    assert health == Health(
        name="press",
        url=URL,
        validators=TAGGED,
        body_hash="body",
        contacted_at=NOON,
        attempted_at=NOON,
        succeeded_at=NOON,
        full_at=NOON,
        item_at=NOON,
        due_at=NOON + timedelta(minutes=15),
        items=3,
    )
    assert health.state == "ok"
    assert await store.read(lambda rx: rx.healths()) == {"press": health}


async def test_first_contact_is_the_first_good_poll_and_stays(store: Store, clock: Clock) -> None:
    assert (await fail(store, clock)).contacted_at is None
    clock.forward(hours=1)
    first = (await succeed(store, clock)).contacted_at
    clock.forward(hours=1)
    assert (await succeed(store, clock)).contacted_at == first == NOON + timedelta(hours=1)


async def test_F4_validators_of_an_unchanged_answer_are_kept(store: Store, clock: Clock) -> None:
    await succeed(store, clock)
    clock.forward(hours=1)
    health = await succeed(store, clock, validators=Validators(), items=None, body_hash=None)
    assert (health.validators, health.body_hash, health.items) == (TAGGED, "body", 3)
    assert health.full_at == NOON
    assert health.item_at is None


async def test_F4_validators_of_a_full_answer_replace_the_old_ones(
    store: Store, clock: Clock
) -> None:
    await succeed(store, clock)
    health = await succeed(store, clock, validators=Validators(etag="2"), body_hash="other")
    assert health.validators == Validators(etag="2")
    assert health.body_hash == "other"


@pytest.mark.parametrize(("hours", "sent"), [(0, True), (23.9, True), (24, False), (99, False)])
async def test_F4_a_full_fetch_is_due_once_a_day(
    store: Store, clock: Clock, hours: float, *, sent: bool
) -> None:
    health = await succeed(store, clock)
    later = clock.forward(hours=hours)
    assert health.validators_for(later) == (TAGGED if sent else Validators())


def test_F4_a_source_never_read_whole_is_asked_for_all() -> None:
    assert Health(name="press", validators=TAGGED).validators_for(NOON) == Validators()


async def test_F3_a_failure_changes_nothing_of_what_is_known(store: Store, clock: Clock) -> None:
    before = await succeed(store, clock, found=1)
    clock.forward(hours=1)
    health = await fail(store, clock)
    assert (health.validators, health.body_hash, health.items) == (TAGGED, "body", 3)
    assert (health.succeeded_at, health.full_at, health.item_at) == (
        before.succeeded_at,
        before.full_at,
        before.item_at,
    )
    assert (health.failures, health.error, health.state) == (1, "no answer", "failing")
    assert health.wait_until == clock() + timedelta(minutes=20)
    assert (await fail(store, clock)).failures == 2


async def test_a_good_poll_ends_the_count_of_failures(store: Store, clock: Clock) -> None:
    await fail(store, clock, suspend=True, killer_hash="bad")
    health = await succeed(store, clock)
    assert (health.failures, health.kills, health.suspended) == (0, 0, False)
    assert (health.error, health.wait_until, health.state) == (None, None, "ok")


async def test_F6_a_suspended_source_stays_so_over_later_failures(
    store: Store, clock: Clock
) -> None:
    assert (await fail(store, clock, suspend=True)).state == "suspended"
    assert (await fail(store, clock)).suspended


async def test_F2_bodies_that_end_the_parser_are_counted_each_for_itself(
    store: Store, clock: Clock
) -> None:
    kills = [(await fail(store, clock, killer_hash=body)).kills for body in ("a", "a", "b", "b")]
    assert kills == [1, 2, 1, 2]
    other = await fail(store, clock)
    assert (other.kills, other.killer_hash) == (2, "b")
