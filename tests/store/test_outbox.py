"""The outbox: claims, leases, settling and the order of one person's messages."""

from __future__ import annotations

import asyncio
import gc
import threading
from datetime import timedelta
from typing import Any, cast

import pytest
import sqlalchemy as sa

from alertd.core.outbox import Dead, Hold, Later, Sent, Settlement, StateReason
from alertd.errors import StoreError
from alertd.store import Store, Tx
from alertd.store.claims import Claimed
from tests.conftest import Clock

LEASE = timedelta(minutes=12)


def notice(number: int, clock: Clock) -> dict[str, object]:
    """A message to the operator, the simplest row there is."""
    return {
        "dedup_key": f"o/test/{number}",
        "kind": "notice",
        "channel": "mail",
        "address": "ops@example.org",
        "created_at": clock(),
        "due_at": clock(),
        "content": '{"subject":"test","lines":[]}',
    }


async def fill(store: Store, clock: Clock, count: int) -> None:
    await store.run(lambda tx: [tx.enqueue(notice(n, clock)) for n in range(count)])


async def claim(store: Store, clock: Clock, owner: str = "me", limit: int = 10) -> list[Claimed]:
    found = await store.run(
        lambda tx: tx.claim("mail", clock(), owner=owner, lease=LEASE, limit=limit)
    )
    return list(found)


async def states(store: Store) -> list[tuple[str, str | None]]:
    return [
        (row["state"], row["state_reason"]) for row in await store.read(lambda rx: rx.deliveries())
    ]


async def test_R4_one_row_can_exist_once(store: Store, clock: Clock) -> None:
    first = await store.run(lambda tx: tx.enqueue(notice(1, clock)))
    again = await store.run(lambda tx: tx.enqueue(notice(1, clock)))
    assert (first, again) == (True, False)
    assert len(await states(store)) == 1


async def test_R5_a_row_is_handed_out_once(store: Store, clock: Clock) -> None:
    await fill(store, clock, 40)
    batches = await asyncio.gather(*(claim(store, clock, f"w{n}", 5) for n in range(12)))
    ids = [item.delivery.id for batch in batches for item in batch]
    assert len(ids) == len(set(ids)) == 40


async def test_R5_a_dead_workers_row_comes_back_and_its_late_word_counts_no_more(
    store: Store, clock: Clock
) -> None:
    await fill(store, clock, 1)
    [lost] = await claim(store, clock, "dead")
    assert await claim(store, clock, "other") == []
    clock.forward(minutes=13)
    [taken] = await claim(store, clock, "other")
    assert taken.delivery.crashes == 1
    assert not await store.settle(lost.delivery, Sent("250"), clock())
    assert await store.settle(taken.delivery, Sent("250"), clock())


async def test_R5_leases_of_a_process_that_is_no_more_are_freed_at_start(
    store: Store, clock: Clock
) -> None:
    await fill(store, clock, 3)
    await claim(store, clock)
    assert await store.run(lambda tx: tx.free_leases(clock())) == 3
    assert len(await claim(store, clock)) == 3


async def test_R6_a_row_that_ends_the_process_five_times_is_set_aside(
    store: Store, clock: Clock
) -> None:
    await fill(store, clock, 2)
    for _ in range(5):
        await store.run(
            lambda tx: tx.connection.execute(
                sa.text(
                    "UPDATE delivery SET state='sending', crashes=crashes, leased_until=NULL"
                    " WHERE id=1"
                )
            )
        )
        await store.run(lambda tx: tx.free_leases(clock()))
    assert [item.delivery.id for item in await claim(store, clock)] == [2]
    [row] = await store.read(lambda rx: rx.dead())
    assert "five times" in row["last_answer"]


async def test_R7_every_settlement_ends_in_the_state_it_says(store: Store, clock: Clock) -> None:
    await fill(store, clock, 4)
    settlements: list[Settlement] = [
        Sent("250 ok"),
        Later(clock() + timedelta(hours=1), "451 later"),
        Hold(StateReason.POLICY, "550 5.7.1 refused"),
        Dead("550 5.1.1 no such mailbox", recipient=True),
    ]
    for item, settlement in zip(await claim(store, clock), settlements, strict=True):
        await store.settle(item.delivery, settlement, clock())
    assert await states(store) == [
        ("sent", None),
        ("waiting", None),
        ("held", "policy"),
        ("dead", None),
    ]


async def test_outcomes_that_wait_share_a_commit(store: Store, clock: Clock) -> None:
    await fill(store, clock, 30)
    claimed = await claim(store, clock, limit=30)
    commits: list[object] = []
    sa.event.listen(store._writer, "commit", commits.append)
    done = await asyncio.gather(
        *(store.settle(item.delivery, Sent("250"), clock()) for item in claimed)
    )
    assert all(done)
    assert 1 <= len(commits) <= 2


UNWRITABLE = cast("Settlement", object())
"""An outcome of no known kind, as a fault of the program would give."""


async def test_R7_an_outcome_that_cannot_be_written_is_told_to_who_waits_and_to_the_log(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(store, clock, 1)
    [item] = await claim(store, clock)
    leaked: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: leaked.append(context))
    with pytest.raises(StoreError, match="could not be written"):
        await asyncio.wait_for(store.settle(item.delivery, UNWRITABLE, clock()), 10)
    gc.collect()
    assert leaked == []
    [record] = caplog.records
    assert (record.message, record.levelname) == ("settling crashed", "ERROR")
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], TypeError)
    assert await states(store) == [("sending", None)]
    assert await store.settle(item.delivery, Sent("250"), clock())


async def test_R6_an_outcome_that_came_while_another_failed_is_written(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(store, clock, 2)
    bad, good = await claim(store, clock)
    loop, started, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def hold(*_: object) -> None:
        loop.call_soon_threadsafe(started.set)
        assert go_on.wait(10)

    sa.event.listen(store._writer, "savepoint", hold, once=True)
    failing = loop.create_task(store.settle(bad.delivery, UNWRITABLE, clock()))
    await started.wait()
    waiting = loop.create_task(store.settle(good.delivery, Sent("250"), clock()))
    loop.call_soon(go_on.set)
    assert await asyncio.wait_for(waiting, 10)
    with pytest.raises(StoreError, match="see the log"):
        await failing
    assert len(caplog.records) == 1
    assert await states(store) == [("sending", None), ("sent", None)]


async def test_R6_an_outcome_that_the_store_refuses_does_not_stop_those_beside_it(
    store: Store, clock: Clock
) -> None:
    await fill(store, clock, 2)
    bad, good = await claim(store, clock)
    naive = Later(clock().replace(tzinfo=None), "a time without its zone")
    refused, written = await asyncio.gather(
        store.settle(bad.delivery, naive, clock()),
        store.settle(good.delivery, Sent("250"), clock()),
        return_exceptions=True,
    )
    assert isinstance(refused, StoreError)
    assert written is True
    assert await states(store) == [("sending", None), ("sent", None)]


async def test_R12_a_time_beyond_any_schedule_is_brought_back(store: Store, clock: Clock) -> None:
    await fill(store, clock, 1)
    [item] = await claim(store, clock)
    await store.settle(item.delivery, Later(clock() + timedelta(days=400), "451"), clock())
    await store.run(lambda tx: tx.ripen(clock()))
    assert len(await claim(store, clock)) == 1


async def test_a_suspended_channel_gives_nothing_until_it_is_resumed(
    store: Store, clock: Clock
) -> None:
    await fill(store, clock, 1)
    await store.run(
        lambda tx: tx.note_channel(
            "mail", clock(), answer="535 wrong password", resume_at=None, suspend=True
        )
    )
    assert await claim(store, clock) == []
    await store.run(lambda tx: tx.resume_channel("mail"))
    assert len(await claim(store, clock)) == 1


async def test_messages_of_a_channel_that_is_gone_are_held(store: Store, clock: Clock) -> None:
    await fill(store, clock, 1)
    await store.run(lambda tx: tx.set_channels(["another"]))
    assert await states(store) == [("held", "channel")]


async def test_messages_of_a_channel_that_is_back_go(store: Store, clock: Clock) -> None:
    await fill(store, clock, 1)
    await store.run(lambda tx: tx.set_channels(["another"]))
    await store.run(lambda tx: tx.set_channels(["mail"]))
    assert len(await claim(store, clock)) == 1


async def test_a_dead_message_is_sent_again_on_request(store: Store, clock: Clock) -> None:
    await fill(store, clock, 1)
    [item] = await claim(store, clock)
    await store.settle(item.delivery, Dead("550 no"), clock())
    assert await store.run(lambda tx: tx.retry(item.delivery.id, clock()))
    assert [again.delivery.message_id for again in await claim(store, clock)] == [
        item.delivery.message_id
    ]
    assert not await store.run(lambda tx: tx.retry(999, clock()))


async def test_a_transaction_that_fails_leaves_nothing_behind(store: Store, clock: Clock) -> None:
    def half(tx: Tx) -> None:
        tx.enqueue(notice(1, clock))
        tx.connection.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))

    with pytest.raises(StoreError):
        await store.run(half)
    assert await states(store) == []
