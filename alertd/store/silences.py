"""Silences: what shall not be told for a time, and what that has held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.model import Incident
from alertd.core.silences import Held, Scope, Silence
from alertd.store.people import ReadPeople
from alertd.store.tables import delivery, incident, silence, subscriber


class ReadSilences(ReadPeople):
    """Questions about silences."""

    def silences(self, where: sa.ColumnElement[bool] | None = None) -> tuple[Held, ...]:
        """Silences, ended ones too, oldest first, each with what it held."""
        wanted = (
            sa.select(silence, subscriber.c.name)
            .outerjoin(subscriber, subscriber.c.id == silence.c.subscriber_id)
            .order_by(silence.c.id)
        )
        if where is not None:
            wanted = wanted.where(where)
        rows = self.connection.execute(wanted).mappings().all()
        held = self._held_by([row["id"] for row in rows])
        return tuple(_held(_silence(row), held.get(row["id"], [])) for row in rows)

    def live_silences(self, subscriber_id: int, now: datetime) -> tuple[Silence, ...]:
        """The silences that hold for a person; those on incidents name what these are now."""
        rows = self.connection.execute(
            sa.select(silence, subscriber.c.name)
            .outerjoin(subscriber, subscriber.c.id == silence.c.subscriber_id)
            .where(
                ~silence.c.ended,
                silence.c.until > now,
                sa.or_(silence.c.subscriber_id.is_(None), silence.c.subscriber_id == subscriber_id),
            )
            .order_by(silence.c.id)
        ).mappings()
        return tuple(_silence(row, self._target(row)) for row in rows)

    def silences_of(self, subscriber_id: int, incident_id: int) -> tuple[Held, ...]:
        """The silences that held a message for one person and incident."""
        ids = sa.select(delivery.c.silence_id).where(
            delivery.c.subscriber_id == subscriber_id, delivery.c.incident_id == incident_id
        )
        return self.silences(silence.c.id.in_(ids))

    def _target(self, row: sa.RowMapping) -> str:
        if row["scope"] != Scope.INCIDENT:
            return str(row["target"])
        found = self.incident(row["target"])
        return row["target"] if found is None else found.ref

    def _held_by(self, ids: Sequence[int]) -> Mapping[int, list[sa.RowMapping]]:
        rows = self.connection.execute(
            sa.select(
                delivery.c.silence_id, delivery.c.id, delivery.c.subscriber_id, incident.c.snapshot
            )
            .join(incident, incident.c.id == delivery.c.incident_id)
            .where(delivery.c.silence_id.in_(ids), delivery.c.state == "suppressed")
            .order_by(delivery.c.id)
        ).mappings()
        found: dict[int, list[sa.RowMapping]] = {}
        for row in rows:
            found.setdefault(row["silence_id"], []).append(row)
        return found


class WriteSilences(ReadSilences):
    """Silences begin and end."""

    def add_silence(self, item: Silence) -> int:
        """Begin a silence; return its number, which is not that of ``item``."""
        ids = self.subscriber_ids()
        row: dict[str, Any] = {
            "scope": item.scope.value,
            "target": item.target,
            "shown": item.shown,
            "subscriber_id": None if item.subscriber is None else ids[item.subscriber],
            "since": item.since,
            "until": item.until,
            "why": item.why,
            "ended": False,
        }
        made = self.connection.execute(sa.insert(silence).values(**row).returning(silence.c.id))
        return int(made.scalar_one())

    def remove_silence(self, number: int, now: datetime) -> Held | None:
        """End a silence now and return what it held; None for one that is not, or has ended."""
        found = self._end_silences(sa.and_(silence.c.id == number, ~silence.c.ended))
        self.connection.execute(
            sa.update(silence)
            .where(silence.c.id.in_([item.silence.id for item in found]), silence.c.until > now)
            .values(until=now)
        )
        return next(iter(found), None)

    def end_silences(self, now: datetime) -> tuple[Held, ...]:
        """End those whose time has come, and return what each held: only once for each."""
        return self._end_silences(sa.and_(~silence.c.ended, silence.c.until <= now))

    def _end_silences(self, which: sa.ColumnElement[bool]) -> tuple[Held, ...]:
        found = self.silences(which)
        self.connection.execute(
            sa.update(silence)
            .where(silence.c.id.in_([item.silence.id for item in found]))
            .values(ended=True)
        )
        return found


def _silence(row: sa.RowMapping, target: str | None = None) -> Silence:
    return Silence(
        id=row["id"],
        scope=Scope(row["scope"]),
        target=target or row["target"],
        shown=row["shown"],
        since=row["since"],
        until=row["until"],
        subscriber=row["name"],
        why=row["why"],
        ended=row["ended"],
    )


def _held(item: Silence, rows: Iterable[sa.RowMapping]) -> Held:
    listed = list(rows)
    return Held(
        silence=item,
        messages=tuple((row["id"], _title(row["snapshot"])) for row in listed),
        people=len({row["subscriber_id"] for row in listed}),
    )


def _title(snapshot: str) -> str:
    found = codec.loads(Incident, snapshot)
    return ", ".join(item.name for item in found.organisations) or found.title
