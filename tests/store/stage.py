"""The store with reports whose reading a test writes itself, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alertd import lexicon, pipeline
from alertd.core.feed import Source, Validators
from alertd.core.model import Facts, Organisation, Reading, Report
from alertd.core.names import fold
from alertd.core.outbox import Sent, Settlement
from alertd.core.people import Criteria, Reader, Route, Subscriber, Watch
from alertd.core.plan import Plan
from alertd.pipeline import Pace
from alertd.store import Store
from alertd.store.claims import Claimed
from tests.conftest import Clock
from tests.world import source

LEASE = timedelta(minutes=12)


def said(*names: str, **fields: Any) -> Facts:  # noqa: ANN401 - any field of the facts
    """Facts on organisations."""
    return Facts(organisations=tuple(Organisation(name, fold(name)) for name in names), **fields)


def person(name: str, *wanted: Criteria, routes: Sequence[Route] = (), **reader: str) -> Subscriber:
    """A subscriber with a watch for each criteria: "watch 1", "watch 2" and so on."""
    watches = [Watch(name=f"watch {n}", criteria=item) for n, item in enumerate(wanted, start=1)]
    email = f"{name}@example.org"
    return Subscriber(
        reader=Reader(name=name, **reader),  # type: ignore[arg-type]  # texts only
        email=email,
        routes=tuple(routes) or (Route(channel="mail", to=email),),
        watches=tuple(watches),
    )


@dataclass(slots=True)
class Stage:
    """Each stage of the flow by hand."""

    store: Store
    clock: Clock
    pace: Pace = field(default_factory=Pace)

    async def add(self, *people: Subscriber, first: bool = False) -> None:
        """Make these the subscribers of the file."""
        await self.store.run(lambda tx: tx.reconcile(people, self.clock(), first=first))

    async def keep(
        self,
        key: str,
        *facts: Facts,
        by: Source | None = None,
        at: datetime | None = None,
        **report: Any,  # noqa: ANN401 - any field of a report
    ) -> int:
        """Store one report of a source as a good poll would."""
        origin, now = by or source(), self.clock()
        values: dict[str, Any] = {
            "source": origin.name,
            "key": key,
            "url": f"https://{origin.name}.example/{key}",
            "title": key,
            "text": str(facts),
            "published": at or now - timedelta(hours=1),
        }
        item = Report(**(values | report))
        reading = Reading(relevant=bool(facts), confidence=1.0, language="en", incidents=facts)

        def work(tx: Any) -> int:  # noqa: ANN401 - a Tx
            kept: int = tx.keep(origin, [(item, reading)], now)
            tx.note_success(
                origin.name,
                origin.request.url,
                now,
                due_at=now,
                validators=Validators(),
                body_hash=None,
                items=1,
                found=kept,
            )
            return kept

        return await self.store.run(work)

    async def decide(self) -> Plan:
        """Correlate what is fresh."""
        return await pipeline.correlate(
            store=self.store,
            weights=lexicon.weights()["cluster"],
            clock=self.clock,
            pace=self.pace,
        )

    async def expand(self, limit: int = 5_000) -> int:
        """Expand every fan-out; return in how many transactions."""
        done = 0
        while await self.store.run(lambda tx: tx.expand(self.clock(), limit=limit)):
            done += 1
        return done

    async def tell(self, key: str, *facts: Facts, **kwargs: Any) -> None:  # noqa: ANN401 - as keep
        """Keep, decide, expand and give each message its time."""
        await self.keep(key, *facts, **kwargs)
        await self.decide()
        await pipeline.release(store=self.store, clock=self.clock, pace=self.pace)

    async def claim(self, channel: str = "mail", limit: int = 100) -> list[Claimed]:
        """Take what is due."""
        found = await self.store.run(
            lambda tx: tx.claim(channel, self.clock(), owner="me", lease=LEASE, limit=limit)
        )
        return list(found)

    async def settle(self, item: Claimed, settlement: Settlement | None = None) -> bool:
        """Say what became of a message: it was sent, unless told otherwise."""
        return await self.store.settle(item.delivery, settlement or Sent("250 ok"), self.clock())

    async def send(self, channel: str = "mail") -> list[Claimed]:
        """Send what is due."""
        found = await self.claim(channel)
        for item in found:
            assert await self.settle(item)
        return found

    async def messages(self) -> list[tuple[str, str, int, str]]:
        """Subscriber, kind, revision and state (with its reason) of each message."""
        rows = await self.store.read(lambda rx: rx.deliveries())
        return [
            (
                row["subscriber"],
                row["kind"],
                row["revision"],
                " ".join(filter(None, (row["state"], row["state_reason"]))),
            )
            for row in rows
        ]
