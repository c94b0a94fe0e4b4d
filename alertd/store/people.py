"""Subscribers, their routes and watches; criteria shared by all who ask the same."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.match import terms
from alertd.core.model import Severity
from alertd.core.people import Criteria, Reader, Role, Route, Subscriber, Watch
from alertd.errors import UsageError
from alertd.store.engine import ignoring, insert_new, upsert
from alertd.store.incidents import ReadIncidents
from alertd.store.plans import WriteIncidents
from alertd.store.tables import (
    criteria,
    delivery,
    meta,
    route,
    subscriber,
    suppression,
    term,
    watch,
    watch_term,
)

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RANKS: Final = tuple(Severity)


class ReadPeople(ReadIncidents):
    """Questions about people."""

    def secret(self) -> bytes:
        """The store's own secret: keys message ids and the hashes of suppressed addresses."""
        value = self.connection.execute(
            sa.select(meta.c.value).where(meta.c.key == "secret")
        ).scalar_one()
        return bytes.fromhex(value)

    def is_suppressed(self, address: str) -> bool:
        """Whether the person behind an address has said no."""
        found = self.connection.execute(
            sa.select(suppression.c.digest).where(suppression.c.digest == self.digest(address))
        )
        return found.first() is not None

    def digest(self, address: str) -> str:
        """The keyed hash under which an address is suppressed."""
        return hmac.new(self.secret(), address.strip().casefold().encode(), sha256).hexdigest()

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

    def watches_of(self, subscriber_id: int) -> tuple[Watch, ...]:
        """The watches of a subscriber."""
        rows = self.connection.execute(
            sa.select(watch.c.name, criteria.c.content, watch.c.wish)
            .join(criteria, criteria.c.id == watch.c.criteria_id)
            .where(watch.c.subscriber_id == subscriber_id)
            .order_by(watch.c.name)
        )
        return tuple(_watch(name, content, wish) for name, content, wish in rows)

    def term_ages(self, subscriber_id: int, watch_name: str) -> Mapping[tuple[str, str], datetime]:
        """Since when each term of a watch counts."""
        rows = self.connection.execute(
            sa.select(watch_term.c.field, watch_term.c.key, watch_term.c.since)
            .join(watch, watch.c.id == watch_term.c.watch_id)
            .where(watch.c.subscriber_id == subscriber_id, watch.c.name == watch_name)
        )
        return {(field, key): since for field, key, since in rows}

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


class WritePeople(ReadPeople, WriteIncidents):
    """Subscribers come, change and go."""

    def found(self, secret: str, now: datetime) -> bool:
        """Give a store just made its secret; False for one that has it."""
        row = {"key": "secret", "value": secret}
        made = self.connection.execute(ignoring(self.connection, meta).values(**row))
        if made.rowcount:
            upsert(self.connection, meta, {"key": "made_at", "value": now.isoformat()}, key=["key"])
        return made.rowcount > 0

    def reconcile(self, people: Sequence[Subscriber], now: datetime, *, first: bool) -> None:
        """Make the store agree with the subscribers of the configuration file.

        ``first`` is for a store just made: its terms count as always there.  UsageError when
        a name in the file belongs to somebody added by command.
        """
        rows = self.connection.execute(
            sa.select(subscriber.c.name, subscriber.c.managed_by, subscriber.c.digest).where(
                subscriber.c.active
            )
        )
        known = {row.name: row for row in rows}
        for person in people:
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
        self._drop_unused_criteria()

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

    def add_watch(self, subscriber_id: int, wanted: Watch, now: datetime) -> None:
        """Add one watch; UsageError when the subscriber has one of that name."""
        names = {item.name for item in self.watches_of(subscriber_id)}
        if wanted.name in names:
            raise UsageError(f"there is a watch {wanted.name!r} already: give another --name")
        self._save_watch(subscriber_id, wanted, "store", now)

    def remove_watch(self, subscriber_id: int, name: str) -> bool:
        """Remove a watch; whether there was one."""
        gone = self.connection.execute(
            sa.delete(watch).where(watch.c.subscriber_id == subscriber_id, watch.c.name == name)
        )
        return gone.rowcount > 0

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

    def suppress(self, address: str, why: str, now: datetime) -> None:
        """Keep a person's own no: nothing is sent to the address from now on."""
        row = {"digest": self.digest(address), "why": why, "since": now}
        upsert(self.connection, suppression, row, key=["digest"])

    def _save_routes(self, id_: int, person: Subscriber) -> None:
        self.connection.execute(sa.delete(route).where(route.c.subscriber_id == id_))
        rows = [_route_row(id_, n, item, person) for n, item in enumerate(person.routes)]
        insert_new(self.connection, route, rows)

    def _save_watches(
        self, id_: int, wanted: Sequence[Watch], managed_by: str, since: datetime
    ) -> None:
        for item in wanted:
            self._save_watch(id_, item, managed_by, since)
        self.connection.execute(
            sa.delete(watch).where(
                watch.c.subscriber_id == id_,
                watch.c.managed_by == managed_by,
                watch.c.name.not_in([item.name for item in wanted]),
            )
        )

    def _save_watch(self, id_: int, wanted: Watch, managed_by: str, since: datetime) -> None:
        criteria_id = self._criteria_id(wanted.criteria)
        upsert(
            self.connection,
            watch,
            {
                "subscriber_id": id_,
                "name": wanted.name,
                "criteria_id": criteria_id,
                "wish": codec.dumps(canonical(wanted.written)),
                "managed_by": managed_by,
            },
            key=["subscriber_id", "name"],
        )
        watch_id = self.connection.execute(
            sa.select(watch.c.id).where(watch.c.subscriber_id == id_, watch.c.name == wanted.name)
        ).scalar_one()
        keys = [(item.field.value, item.key) for item in terms(wanted.criteria)]
        self.connection.execute(
            sa.delete(watch_term).where(
                watch_term.c.watch_id == watch_id,
                sa.tuple_(watch_term.c.field, watch_term.c.key).not_in(keys),
            )
        )
        insert_new(
            self.connection,
            watch_term,
            [
                {"watch_id": watch_id, "field": field, "key": key, "since": since}
                for field, key in keys
            ],
        )

    def _criteria_id(self, wanted: Criteria) -> int:
        content = codec.dumps(canonical(wanted))
        digest = sha256(content.encode()).hexdigest()
        found = sa.select(criteria.c.id).where(criteria.c.digest == digest)
        known = self.connection.execute(found).scalar()
        if known is not None:
            return int(known)
        insert_new(self.connection, criteria, [{"digest": digest, "content": content}])
        id_ = int(self.connection.execute(found).scalar_one())
        rows = [
            {"field": item.field.value, "key": item.key, "criteria_id": id_, "anchor": item.anchor}
            for item in terms(wanted)
        ]
        insert_new(self.connection, term, rows)
        return id_

    def _drop_unused_criteria(self) -> None:
        used = sa.select(watch.c.criteria_id).where(watch.c.criteria_id == criteria.c.id)
        self.connection.execute(sa.delete(criteria).where(~used.exists()))


def _watch(name: str, content: str, wish: str) -> Watch:
    written = None if wish == content else codec.loads(Criteria, wish)
    return Watch(name=name, criteria=codec.loads(Criteria, content), wish=written)


def _digest(person: Subscriber) -> str:
    """What tells an unchanged subscriber, who need not be written again."""
    return sha256(codec.dumps(person).encode()).hexdigest()


def canonical(wanted: Criteria) -> Criteria:
    """Criteria in the one form in which equal wishes are equal bytes."""
    return replace(
        wanted,
        organisations=tuple(sorted(set(wanted.organisations))),
        keywords=tuple(sorted(set(wanted.keywords))),
        exclude=tuple(sorted(set(wanted.exclude))),
        suppliers=tuple(sorted(wanted.suppliers, key=lambda item: (item.path, item.names))),
    )


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
