"""A small world for the flow: reports that a test writes, and sends that it can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from alertd import lexicon, pipeline
from alertd.channels import kinds
from alertd.core.feed import Reply, Request, Source, Validators
from alertd.core.model import Dated, Reading, Report, Tier
from alertd.core.outbox import Accepted, Outcome
from alertd.core.people import Criteria, Reader, Route, Subscriber, Watch
from alertd.core.transport import ChannelKind
from alertd.core.understand import understand
from alertd.errors import SourceError
from alertd.pipeline import Pace
from alertd.store import Store
from alertd.store.claims import Claimed
from tests.conftest import Clock


def no_parse(_reply: Reply, _source: Source) -> Sequence[Report]:
    """The world's own sources are read without a body."""
    return ()


def source(name: str = "press", **kwargs: Any) -> Source:  # noqa: ANN401 - any field of a source
    """A source of the world."""
    values: dict[str, Any] = {
        "name": name,
        "kind": "feed",
        "request": Request(f"https://{name}.example/feed"),
        "parse": no_parse,
        "publisher": name,
        "every": timedelta(minutes=15),
        "dated": Dated.POSTING,
        "tier": Tier.PRESS,
    }
    return Source(**(values | kwargs))


def subscriber(
    name: str = "ada",
    *,
    routes: Sequence[Route] = (),
    **criteria: Any,  # noqa: ANN401 - any field of the criteria
) -> Subscriber:
    """A subscriber with one watch."""
    reader = Reader(name=name, language="en", country="FR")
    wanted = Criteria(**criteria)
    email = f"{name}@example.org"
    return Subscriber(
        reader=reader,
        email=email,
        routes=tuple(routes) or (Route(channel="mail", to=email),),
        watches=(Watch(name="mine", criteria=wanted),),
    )


@dataclass(frozen=True, slots=True)
class MailLane:
    """The mail channel as a lane sees it."""

    name: str = "mail"
    kind: ChannelKind = field(default_factory=lambda: kinds()["email"])


@dataclass(slots=True)
class World:
    """Sources whose reports a test sets, and a recording send."""

    store: Store
    clock: Clock
    reports: dict[str, list[Report]] = field(default_factory=dict)
    sent: list[Claimed] = field(default_factory=list)
    outcomes: list[Outcome | Exception] = field(default_factory=list)
    answers: list[Reply | SourceError] = field(default_factory=list)
    asked: list[Validators] = field(default_factory=list)
    unreadable: list[SourceError] = field(default_factory=list)
    told: list[tuple[str, ...]] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    version: int = 0

    def publish(
        self,
        source_name: str,
        title: str,
        text: str,
        *,
        at: datetime | None = None,
        **facts: Any,  # noqa: ANN401 - any field of a report
    ) -> Report:
        """Put one item into a source; the same title again replaces it."""
        values: dict[str, Any] = {
            "source": source_name,
            "key": title,
            "url": f"https://{source_name}.example/{sha256(title.encode()).hexdigest()[:12]}",
            "title": title,
            "text": text,
            "published": at or self.clock() - timedelta(hours=1),
        }
        item = Report(**(values | facts))
        listed = self.reports.setdefault(source_name, [])
        listed[:] = [known for known in listed if known.key != item.key] + [item]
        self.version += 1
        return item

    async def fetch(self, request: Request, validators: Validators) -> Reply:
        """The one fake fetch: an answer whose body changes with what was published."""
        self.asked.append(validators)
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, SourceError):
                raise answer
            return answer
        body = f"{request.url} {self.version}".encode()
        return Reply(url=request.url, status=200, headers={}, body=body)

    async def read(self, wanted: Source, reply: Reply) -> Sequence[tuple[Report, Reading]]:
        """What stands in the source, read by the real judgement."""
        del reply
        if self.unreadable:
            raise self.unreadable.pop(0)
        words = lexicon.load()
        return [(item, understand(item, words)) for item in self.reports.get(wanted.name, ())]

    async def send(self, claimed: Claimed) -> Outcome:
        """The one recording send."""
        self.sent.append(claimed)
        outcome = self.outcomes.pop(0) if self.outcomes else Accepted("250 ok")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def tell(self, subject: str, lines: Sequence[str]) -> None:
        """What the operator would be told."""
        self.told.append((subject, *lines))

    async def poll(self, *sources: Source) -> int:
        """Poll sources one after another."""
        kept = 0
        for item in sources or (source(),):
            kept += await pipeline.poll(
                item,
                fetch=self.fetch,
                read=self.read,
                store=self.store,
                clock=self.clock,
                jitter=float,
                pace=self.pace,
            )
        return kept

    async def correlate(self) -> None:
        """Correlate and release until nothing is left."""
        while (
            await pipeline.correlate(
                store=self.store,
                weights=lexicon.weights()["cluster"],
                clock=self.clock,
                pace=self.pace,
            )
        ).correlated:
            pass
        await pipeline.release(store=self.store, clock=self.clock, pace=self.pace)

    async def deliver(self) -> list[Claimed]:
        """Send what is due; return what was sent now."""
        before = len(self.sent)
        await pipeline.lane(
            MailLane(),
            owner="test",
            store=self.store,
            send=self.send,
            tell=self.tell,
            clock=self.clock,
            jitter=float,
            pace=self.pace,
        )
        return self.sent[before:]

    async def run(self, *sources: Source) -> list[Claimed]:
        """Poll, correlate, release, deliver."""
        await self.poll(*sources)
        await self.correlate()
        return await self.deliver()

    async def add(self, *people: Subscriber) -> None:
        """Make these the subscribers of the file."""
        now = self.clock()
        await self.store.run(lambda tx: tx.reconcile(people, now, first=False))
