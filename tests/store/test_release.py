"""When messages go: digests at their slot, the hourly cap, first contacts, old news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alertd import pipeline
from alertd.core.model import DataType, Dated, Status
from alertd.core.outbox import Later
from alertd.core.people import Criteria, Kind, Route, Subscriber
from alertd.pipeline import Pace
from alertd.store import Store
from alertd.store.claims import Claimed, _blocked
from alertd.store.tables import delivery, told
from tests.conftest import Clock
from tests.store.stage import Stage, person, said
from tests.world import source

DAILY = "daily 18:00"
NAMES = ("Almerys", "Viamedis", "Corail", "Harmonia", "Bretelle", "Quimpair", "Zenobe", "Lorient")


@pytest.fixture
def stage(store: Store, clock: Clock) -> Stage:
    return Stage(store, clock)


def reader(
    name: str = "ada",
    *,
    when: str = "now",
    channels: tuple[str, ...] = ("mail",),
    quiet: str | None = None,
) -> Subscriber:
    routes = [
        Route(channel=item, when=when, to=f"{name}@example.org", quiet=quiet) for item in channels
    ]
    return person(name, Criteria(organisations=NAMES), routes=routes)


async def known(stage: Stage) -> None:
    """The source has been read before, so that what comes is no first contact."""
    await stage.keep("long ago", said("Nobody"), at=stage.clock() - timedelta(days=200))
    await stage.decide()
    await stage.expand()


async def release(stage: Stage) -> int:
    return await pipeline.release(store=stage.store, clock=stage.clock, pace=stage.pace)


def breached(item: Claimed) -> list[str]:
    return sorted(alert.incident.organisations[0].name for alert in item.alerts)


async def rows(stage: Stage) -> list[dict[str, Any]]:
    return list(await stage.store.read(lambda rx: rx.deliveries()))


async def count_told(stage: Stage) -> int:
    return await stage.store.read(
        lambda rx: int(
            rx.connection.execute(sa.select(sa.func.count()).select_from(told)).scalar_one()
        )
    )


# --- digests at their slot --------------------------------------------------------------------


async def test_what_came_until_the_slot_goes_in_one_message(stage: Stage) -> None:
    await stage.add(reader(when=DAILY))
    await known(stage)
    for name in NAMES[:3]:
        await stage.tell(name, said(name, data_types=frozenset({DataType.EMAIL})))
        stage.clock.forward(minutes=10)
    assert await stage.claim() == []
    assert [row["state_reason"] for row in await rows(stage)] == ["digest"] * 3
    stage.clock.now = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
    await release(stage)
    [digest] = await stage.send()
    assert digest.delivery.kind is Kind.DIGEST
    assert breached(digest) == sorted(NAMES[:3])
    assert {alert.kind for alert in digest.alerts} == {Kind.NEW}
    *singles, last = await rows(stage)
    assert [(row["state"], row["state_reason"]) for row in singles] == [
        ("suppressed", "superseded")
    ] * 3
    assert {row["last_answer"] for row in singles} == {f"part of the digest, message {last['id']}"}
    assert digest.delivery.dedup_key == "d/1/mail/2026-06-01T18:00:00+00:00"
    assert await count_told(stage) == 3


async def test_one_alert_alone_goes_as_itself(stage: Stage) -> None:
    await stage.add(reader(when=DAILY))
    await known(stage)
    await stage.tell("a", said("Almerys"))
    stage.clock.forward(hours=7)
    await release(stage)
    [alone] = await stage.send()
    assert (alone.delivery.kind, breached(alone)) == (Kind.NEW, ["Almerys"])
    assert alone.delivery.created_at == stage.clock(), "its lifetime begins when it may go"


async def test_releasing_twice_makes_no_second_digest(stage: Stage) -> None:
    await stage.add(reader(when=DAILY))
    await known(stage)
    for name in NAMES[:2]:
        await stage.tell(name, said(name))
    stage.clock.forward(hours=7)
    await release(stage)
    await release(stage)
    assert [row["kind"] for row in await rows(stage)] == ["new", "new", "digest"]


async def test_two_digests_of_one_moment_are_two_messages(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await first_contact(stage, *NAMES[:6])
    await first_contact(stage, *NAMES[6:])
    digests = await stage.send()
    assert [len(item.alerts) for item in digests] == [6, 2]
    assert len({item.delivery.message_id for item in digests}) == 2


async def test_each_channel_has_a_digest_of_its_own(stage: Stage) -> None:
    await stage.add(reader(when=DAILY, channels=("mail", "team")))
    await known(stage)
    for name in NAMES[:2]:
        await stage.tell(name, said(name))
    stage.clock.forward(hours=7)
    await release(stage)
    [mail] = await stage.send("mail")
    [team] = await stage.send("team")
    assert breached(mail) == breached(team) == ["Almerys", "Viamedis"]
    assert mail.delivery.message_id != team.delivery.message_id


async def test_quiet_hours_at_the_slot_move_the_digest_to_their_end(stage: Stage) -> None:
    await stage.add(reader(when="daily 23:00", quiet="22:00-07:00"))
    await known(stage)
    for name in NAMES[:2]:
        await stage.tell(name, said(name))
    stage.clock.now = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    await release(stage)
    assert await stage.claim() == []
    stage.clock.now = datetime(2026, 6, 2, 7, 0, tzinfo=UTC)
    await release(stage)
    [digest] = await stage.claim()
    assert breached(digest) == ["Almerys", "Viamedis"]


async def test_a_route_that_wants_no_digest_any_more_gets_what_was_held_for_it(
    stage: Stage,
) -> None:
    await stage.add(reader(when="weekly mon 08:30"))
    await known(stage)
    await stage.tell("a", said("Almerys"))
    await stage.add(reader(when="now"))
    await release(stage)
    assert [breached(item) for item in await stage.claim()] == [["Almerys"]]


async def test_R12_what_is_held_beyond_any_slot_is_brought_back(stage: Stage) -> None:
    await stage.add(reader(when="weekly mon 08:30"))
    await known(stage)
    stage.clock.forward(days=300)
    await stage.tell("a", said("Almerys"))
    stage.clock.forward(days=-300)
    await release(stage)
    assert [breached(item) for item in await stage.claim()] == [["Almerys"]]


async def test_R12_a_weekly_digest_behind_quiet_hours_keeps_its_time(stage: Stage) -> None:
    await stage.add(reader(when="weekly mon 11:59", quiet="11:00-10:59"))
    await known(stage)
    await stage.tell("a", said("Almerys"))
    [before] = await rows(stage)
    await release(stage)
    [after] = await rows(stage)
    assert after == before
    assert datetime.fromisoformat(after["due_at"]) > stage.clock() + timedelta(days=7)


# --- what a digest says when it goes ----------------------------------------------------------


async def gathered(stage: Stage, *names: str) -> None:
    """A digest of these that waits in the outbox."""
    await stage.add(reader(when=DAILY))
    await known(stage)
    for name in names:
        await stage.tell(name, said(name, status=Status.CLAIMED))
    stage.clock.now = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
    await release(stage)


async def confirm(stage: Stage, name: str) -> None:
    facts = said(name, status=Status.CONFIRMED, data_types=frozenset({DataType.PASSWORD}))
    await stage.tell(f"{name} again", facts, by=source("other"))


async def test_a_waiting_digest_shows_the_newest_revision(stage: Stage) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    await stage.keep("hello", said("Nobody"), by=source("other"), at=stage.clock())
    await confirm(stage, "Almerys")
    [digest] = await stage.send()
    shown = {alert.incident.organisations[0].name: alert for alert in digest.alerts}
    assert shown["Almerys"].incident.revision == 2
    assert shown["Viamedis"].incident.revision == 1
    assert {alert.kind for alert in digest.alerts} == {Kind.NEW}
    stage.clock.forward(days=2)
    await release(stage)
    assert await stage.claim() == [], "the newer revision was told with the digest"


async def test_what_was_told_meanwhile_comes_as_an_update(stage: Stage) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    await stage.send()
    await stage.keep("hello", said("Nobody"), by=source("other"), at=stage.clock())
    await stage.decide()
    await confirm(stage, "Almerys")
    await stage.tell("c", said("Corail"))
    stage.clock.forward(days=1)
    await release(stage)
    [digest] = await stage.send()
    kinds = {alert.incident.organisations[0].name: alert.kind for alert in digest.alerts}
    assert kinds == {"Almerys": Kind.UPDATE, "Corail": Kind.NEW}
    [update] = [alert for alert in digest.alerts if alert.kind is Kind.UPDATE]
    assert update.before is not None
    assert update.before.revision < update.incident.revision


async def withdraw(stage: Stage, name: str) -> None:
    await stage.tell(name, said(name, status=Status.WITHDRAWN))


async def test_a_withdrawal_of_what_only_an_unsent_digest_holds_sends_nothing(
    stage: Stage,
) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    await withdraw(stage, "Almerys")
    [digest] = await stage.send()
    assert breached(digest) == ["Viamedis"]
    stage.clock.forward(days=2)
    await release(stage)
    assert await stage.claim() == []


async def test_a_digest_of_which_nothing_is_left_is_not_sent(stage: Stage) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    await withdraw(stage, "Almerys")
    await withdraw(stage, "Viamedis")
    assert await stage.claim() == []
    digest = (await rows(stage))[2]
    assert (digest["kind"], digest["state"]) == ("digest", "suppressed")
    assert digest["state_reason"] == "superseded"


async def test_a_withdrawal_of_what_a_digest_told_reaches_its_reader(stage: Stage) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    await stage.send()
    await withdraw(stage, "Almerys")
    stage.clock.forward(days=1)
    await release(stage)
    [correction] = await stage.send()
    assert correction.alerts[0].kind is Kind.WITHDRAWN


async def test_a_withdrawal_of_what_a_digest_may_have_told_reaches_its_reader(
    stage: Stage,
) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    [digest] = await stage.claim()
    later = Later(stage.clock() + timedelta(minutes=5), "no answer", maybe_sent=True)
    await stage.settle(digest, later)
    await withdraw(stage, "Almerys")
    stage.clock.forward(days=1)
    await release(stage)
    sent = await stage.send()
    assert sorted(alert.kind for item in sent for alert in item.alerts) == ["new", "withdrawn"]


async def test_the_newer_message_waits_while_a_digest_with_the_older_is_being_sent(
    stage: Stage,
) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    [digest] = await stage.claim()
    await stage.keep("hello", said("Nobody"), by=source("other"), at=stage.clock())
    await stage.decide()
    await stage.add(reader(when="now"))
    await confirm(stage, "Almerys")
    assert await stage.claim() == []
    await stage.settle(digest)
    [update] = await stage.claim()
    assert update.alerts[0].kind is Kind.UPDATE


async def test_a_digest_waits_while_an_older_message_on_one_of_its_incidents_is_being_sent(
    stage: Stage,
) -> None:
    await stage.add(reader(when="now"))
    await known(stage)
    await stage.tell("Almerys", said("Almerys", status=Status.CLAIMED))
    [single] = await stage.claim()
    await stage.keep("hello", said("Nobody"), by=source("other"), at=stage.clock())
    await stage.add(reader(when="hourly"))
    await confirm(stage, "Almerys")
    await stage.tell("Viamedis", said("Viamedis"))
    stage.clock.forward(minutes=5)
    assert stage.clock() < single.delivery.leased_until  # type: ignore[operator]  # it is claimed
    await stage.store.run(
        lambda tx: tx.connection.execute(
            sa.update(delivery).where(delivery.c.state == "held").values(due_at=stage.clock())
        )
    )
    await release(stage)
    assert await stage.claim() == []
    await stage.settle(single)
    [digest] = await stage.claim()
    kinds = {alert.incident.organisations[0].name: alert.kind for alert in digest.alerts}
    assert kinds == {"Almerys": Kind.UPDATE, "Viamedis": Kind.NEW}


async def test_a_message_that_was_not_taken_yields_to_a_digest_that_tells_newer(
    stage: Stage,
) -> None:
    await stage.add(reader(when="now"))
    await known(stage)
    await stage.tell("Almerys", said("Almerys", status=Status.CLAIMED))
    [single] = await stage.claim()
    await stage.keep("hello", said("Nobody"), by=source("other"), at=stage.clock())
    await stage.add(reader(when="hourly"))
    await confirm(stage, "Almerys")
    await stage.tell("Viamedis", said("Viamedis"))
    await stage.settle(single, Later(stage.clock() + timedelta(hours=4), "451 later"))
    stage.clock.forward(hours=1)
    await release(stage)
    [digest] = await stage.claim()
    assert {alert.kind for alert in digest.alerts} == {Kind.NEW}
    assert breached(digest) == ["Almerys", "Viamedis"]


async def test_who_is_gone_gets_no_digest(stage: Stage) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    now = stage.clock()
    await stage.store.run(lambda tx: tx.suppress("ada@example.org", "unsubscribed", now))
    assert await stage.claim() == []
    assert (await rows(stage))[-1]["state_reason"] == "unsubscribed"


async def test_a_digest_that_is_tried_again_is_the_same_message(stage: Stage) -> None:
    await gathered(stage, "Almerys", "Viamedis")
    [first] = await stage.claim()
    await stage.settle(first, Later(stage.clock() + timedelta(minutes=5), "451 later"))
    stage.clock.forward(minutes=6)
    [again] = await stage.claim()
    assert again.delivery.message_id == first.delivery.message_id
    assert breached(again) == breached(first)


# --- the hourly cap ---------------------------------------------------------------------------


async def test_R10_what_is_above_the_hourly_cap_becomes_one_digest(stage: Stage) -> None:
    stage.pace = Pace(alerts_per_hour=3)
    await stage.add(reader())
    await known(stage)
    for name in NAMES[:4]:
        await stage.tell(name, said(name))
        await stage.send()
        stage.clock.forward(minutes=5)
    for name in NAMES[4:]:
        await stage.tell(name, said(name))
    await release(stage)
    assert await stage.claim() == []
    assert [row["state_reason"] for row in await rows(stage)] == [None] * 3 + ["cap"] * 5
    stage.clock.now = datetime(2026, 6, 1, 13, 0, tzinfo=UTC)
    await release(stage)
    [digest] = await stage.send()
    assert breached(digest) == sorted(NAMES[3:])


async def test_R10_a_restart_does_not_begin_the_hour_anew(
    stage: Stage, store_path: Path, clock: Clock
) -> None:
    stage.pace = Pace(alerts_per_hour=1)
    await stage.add(reader())
    await known(stage)
    await stage.tell("Almerys", said("Almerys"))
    await stage.send()
    other = await Store.open(f"sqlite:///{store_path}", clock())
    again = Stage(other, clock, stage.pace)
    await again.tell("Viamedis", said("Viamedis"))
    assert await again.claim() == []
    await other.close()


async def test_R10_one_alert_by_two_channels_counts_once(stage: Stage) -> None:
    stage.pace = Pace(alerts_per_hour=2)
    await stage.add(reader(channels=("mail", "team")))
    await known(stage)
    for name in NAMES[:3]:
        await stage.tell(name, said(name))
    for channel in ("mail", "team"):
        assert [breached(item) for item in await stage.send(channel)] == [["Almerys"], ["Viamedis"]]


async def test_R10_what_waits_in_an_outage_counts_as_on_its_way(stage: Stage) -> None:
    stage.pace = Pace(alerts_per_hour=2)
    await stage.add(reader())
    await known(stage)
    for name in NAMES:
        await stage.tell(name, said(name))
        stage.clock.forward(minutes=30)
    await release(stage)
    found = await stage.claim()
    assert [item.delivery.kind for item in found[:2]] == [Kind.NEW, Kind.NEW]
    assert len(found) < len(NAMES)
    assert sorted(name for item in found for name in breached(item)) != sorted(NAMES)


async def test_R10_the_end_of_quiet_hours_is_no_flood(stage: Stage) -> None:
    stage.pace = Pace(alerts_per_hour=2)
    await stage.add(reader(quiet="11:00-13:00"))
    await known(stage)
    for name in NAMES[:5]:
        await stage.tell(name, said(name))
    stage.clock.forward(hours=1)
    await release(stage)
    assert len(await stage.send()) == 2
    stage.clock.forward(hours=1)
    await release(stage)
    [digest] = await stage.send()
    assert len(digest.alerts) == 3


async def test_a_message_that_quiet_hours_let_go_is_no_second_alert(stage: Stage) -> None:
    await stage.add(reader(quiet="11:00-13:00"))
    await known(stage)
    await stage.keep("a", said("Almerys"))
    await stage.decide()
    assert await release(stage) == 1
    stage.clock.forward(hours=2)
    assert await release(stage) == 0


# --- first contacts and old news --------------------------------------------------------------


async def first_contact(stage: Stage, *names: str) -> None:
    """Sources that were never read before, each with one breach."""
    for name in names:
        await stage.keep(name, said(name), by=source(f"press-{name}"))
    await stage.decide()
    await release(stage)


async def test_more_than_five_from_first_contacts_become_one_digest_at_once(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await first_contact(stage, *NAMES[:6])
    [digest] = await stage.send()
    assert breached(digest) == sorted(NAMES[:6])
    assert digest.content == {"bundle": "first"}


async def test_five_from_first_contacts_go_one_by_one(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await first_contact(stage, *NAMES[:5])
    assert [item.delivery.kind for item in await stage.send()] == [Kind.NEW] * 5


async def test_first_contacts_within_an_hour_count_together(stage: Stage) -> None:
    await stage.add(reader(), first=True)
    await first_contact(stage, *NAMES[:4])
    assert len(await stage.send()) == 4
    stage.clock.forward(minutes=30)
    await first_contact(stage, *NAMES[4:])
    [digest] = await stage.send()
    assert breached(digest) == sorted(NAMES[4:])


async def test_news_of_a_known_source_is_no_first_contact(stage: Stage) -> None:
    await stage.add(reader())
    await known(stage)
    for name in NAMES:
        await stage.keep(name, said(name))
    await stage.decide()
    await release(stage)
    assert [item.delivery.kind for item in await stage.send()] == [Kind.NEW] * len(NAMES)


async def test_news_older_than_a_month_comes_in_one_digest(stage: Stage) -> None:
    await stage.add(reader())
    register = source("register", dated=Dated.EVENT)
    await stage.keep("hello", said("Nobody"), by=register, at=stage.clock() - timedelta(days=300))
    await stage.decide()
    long_ago = stage.clock() - timedelta(days=31)
    for name in NAMES[:3]:
        await stage.keep(name, said(name), by=register, at=long_ago)
    await stage.keep("today", said(NAMES[3]), by=register)
    await stage.decide()
    await release(stage)
    single, digest = sorted(await stage.send(), key=lambda item: len(item.alerts))
    assert breached(single) == [NAMES[3]]
    assert breached(digest) == sorted(NAMES[:3])
    assert digest.content == {"bundle": "old"}


async def test_R8_one_old_alert_alone_says_that_it_is_late(stage: Stage) -> None:
    await stage.add(reader())
    register = source("register", dated=Dated.EVENT)
    await stage.keep("hello", said("Nobody"), by=register, at=stage.clock() - timedelta(days=300))
    await stage.decide()
    await stage.tell("a", said("Almerys"), by=register, at=stage.clock() - timedelta(days=31))
    [single] = await stage.send()
    assert single.delivery.kind is Kind.NEW
    assert single.alerts[0].late


# --- how it is looked up ----------------------------------------------------------------------


async def test_a_claim_is_looked_up_by_indexes_alone(store: Store) -> None:
    chosen = sa.select(delivery.c.id).where(
        delivery.c.channel == "mail", delivery.c.state == "waiting", ~_blocked()
    )
    text = str(chosen.compile(compile_kwargs={"literal_binds": True}))
    plan = await store.read(
        lambda rx: [row[3] for row in rx.connection.execute(sa.text(f"EXPLAIN QUERY PLAN {text}"))]
    )
    tables = [line for line in plan if line.startswith(("SCAN", "SEARCH"))]
    assert tables
    assert [line for line in tables if line.startswith("SCAN")] == []
