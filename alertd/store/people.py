"""Subscribers and their routes: those of the file, and those added by command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.model import Severity
from alertd.core.people import Reader, Role, Route, Subscriber, Watch
from alertd.core.widen import Registry
from alertd.errors import UsageError
from alertd.store.engine import ignoring, insert_new, upsert
from alertd.store.suppression import ERASED, ReadSuppression, WriteSuppression
from alertd.store.tables import delivery, meta, route, subscriber, watch
from alertd.store.watches import ReadWatches, WriteWatches, prepared

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RANKS: Final = tuple(Severity)


class ReadPeople(ReadSuppression, ReadWatches):
    """Questions about people."""

    def subscriber_ids(self) -> Mapping[str, int]:
        """Names and ids of the subscribers that are not removed."""
        rows = self.connection.execute(
            sa.select(subscriber.c.name, subscriber.c.id).where(subscriber.c.active)
        )
        return {row.name: row.id for row in rows}

    def subscribers(self, name: str | None = None) -> tuple[tuple[Subscriber, str], ...]:
        """Subscribers, each with who manages it (``file`` or ``store``), by name."""
        wanted = sa.select(subscriber).where(subscriber.c.active).order_by(subscriber.c.name)
        if name is not None:
            wanted = wanted.where(subscriber.c.name == name)
        rows = self.connection.execute(wanted).mappings().all()
        return tuple((self._subscriber(row), row["managed_by"]) for row in rows)

    def id_of(self, name: str) -> int | None:
        """The id of a subscriber, of one who left the file too; None for nobody."""
        found = self.connection.execute(
            sa.select(subscriber.c.id).where(subscriber.c.name == name)
        ).scalar()
        return None if found is None else int(found)

    def _subscriber(self, row: sa.RowMapping) -> Subscriber:
        return Subscriber(
            reader=reader_of(row),
            email=row["email"],
            routes=self._routes(row["id"]),
            watches=self.watches_of(row["id"]),
        )

    def _routes(self, subscriber_id: int) -> tuple[Route, ...]:
        rows = self.connection.execute(
            sa.select(route)
            .where(route.c.subscriber_id == subscriber_id)
            .order_by(route.c.position)
        ).mappings()
        return tuple(_route(row) for row in rows)


class WritePeople(ReadPeople, WriteSuppression, WriteWatches):
    """Subscribers come, change and go."""

    def found(self, secret: str, now: datetime) -> bool:
        """Give a store just made its secret; False for one that has it."""
        row = {"key": "secret", "value": secret}
        made = self.connection.execute(ignoring(self.connection, meta).values(**row))
        if made.rowcount:
            upsert(self.connection, meta, {"key": "made_at", "value": now.isoformat()}, key=["key"])
        return made.rowcount > 0

    def reconcile(
        self,
        people: Sequence[Subscriber],
        now: datetime,
        *,
        first: bool,
        registry: Registry | None = None,
    ) -> None:
        """Make the store agree with the subscribers of the configuration file.

        ``first`` is for a store just made: its terms count as always there.  With what is
        known of organisations the watches made by command are widened anew, where that has
        changed.  Who had their data erased is not made again.  UsageError when a name in the
        file belongs to somebody added by command.
        """
        rows = self.connection.execute(
            sa.select(subscriber.c.name, subscriber.c.managed_by, subscriber.c.digest).where(
                subscriber.c.active
            )
        )
        known = {row.name: row for row in rows}
        erased = self.nos_of(people, why=ERASED)
        for person in people:
            if person.name in erased and person.name not in known:
                continue
            before = known.pop(person.name, None)
            if before is not None and before.managed_by == "store":
                raise UsageError(
                    f"subscriber {person.name!r} is in the file and was also added by command: "
                    "rename the one in the file, or erase the other"
                )
            if before is None or before.digest != _digest(person):
                self.save(person, "file", ALWAYS if first else now, created_at=now)
        for name, row in known.items():
            if row.managed_by == "file":
                self.retire(name)
        if registry is not None:
            self.rewiden(registry, now)
        self.drop_unused_criteria()

    def save(
        self, person: Subscriber, managed_by: str, since: datetime, *, created_at: datetime
    ) -> int:
        """Write a subscriber with routes and watches; terms kept before keep their age."""
        values = {
            "name": person.name,
            "email": person.email,
            "language": person.reader.language,
            "country": person.reader.country,
            "timezone": person.reader.timezone,
            "role": person.reader.role.value,
            "discreet": person.reader.discreet,
            "managed_by": managed_by,
            "active": True,
            "digest": _digest(person),
        }
        self.connection.execute(
            ignoring(self.connection, subscriber).values(**values, created_at=created_at)
        )
        self.connection.execute(
            sa.update(subscriber).where(subscriber.c.name == person.name).values(**values)
        )
        id_ = int(
            self.connection.execute(
                sa.select(subscriber.c.id).where(subscriber.c.name == person.name)
            ).scalar_one()
        )
        self._save_routes(id_, person)
        self._save_watches(id_, person.watches, managed_by, since)
        return id_

    def retire(self, name: str) -> None:
        """Stop telling a subscriber; what they were told is kept."""
        id_ = self.subscriber_ids()[name]
        run = self.connection.execute
        run(sa.delete(watch).where(watch.c.subscriber_id == id_))
        run(sa.delete(route).where(route.c.subscriber_id == id_))
        run(sa.update(subscriber).where(subscriber.c.id == id_).values(active=False))
        run(
            sa.update(delivery)
            .where(delivery.c.subscriber_id == id_, delivery.c.state.in_(("waiting", "held")))
            .values(state="suppressed", state_reason="unsubscribed")
        )

    def _save_routes(self, id_: int, person: Subscriber) -> None:
        self.connection.execute(sa.delete(route).where(route.c.subscriber_id == id_))
        rows = [_route_row(id_, n, item, person) for n, item in enumerate(person.routes)]
        insert_new(self.connection, route, rows)

    def _save_watches(
        self, id_: int, wanted: Sequence[Watch], managed_by: str, since: datetime
    ) -> None:
        self.put_watches([(id_, prepared(item)) for item in wanted], managed_by, since)
        self.connection.execute(
            sa.delete(watch).where(
                watch.c.subscriber_id == id_,
                watch.c.managed_by == managed_by,
                watch.c.name.not_in([item.name for item in wanted]),
            )
        )


def _digest(person: Subscriber) -> str:
    """What tells an unchanged subscriber, who need not be written again."""
    return sha256(codec.dumps(person).encode()).hexdigest()


def reader_of(row: sa.RowMapping) -> Reader:
    """The reader in a row that holds the subscriber's columns."""
    return Reader(
        name=row["name"],
        language=row["language"],
        country=row["country"],
        timezone=row["timezone"],
        role=Role(row["role"]),
        discreet=row["discreet"],
    )


def _route(row: sa.RowMapping) -> Route:
    events = {"new": row["on_new"], "update": row["on_update"], "withdrawn": row["on_withdrawn"]}
    return Route(
        channel=row["channel"],
        when=row["send_when"],
        events=frozenset(event for event, wanted in events.items() if wanted),
        min_severity=_RANKS[row["min_rank"]],
        quiet=row["quiet"],
        quiet_except=None if row["quiet_except_rank"] is None else _RANKS[row["quiet_except_rank"]],
        to=row["address"],
    )


def _route_row(id_: int, position: int, item: Route, person: Subscriber) -> dict[str, object]:
    return {
        "subscriber_id": id_,
        "position": position,
        "channel": item.channel,
        "address": item.to or person.email or "",
        "send_when": item.when,
        "on_new": "new" in item.events,
        "on_update": "update" in item.events,
        "on_withdrawn": "withdrawn" in item.events,
        "min_rank": item.min_severity.rank,
        "quiet": item.quiet,
        "quiet_except_rank": None if item.quiet_except is None else item.quiet_except.rank,
    }
