"""All that is held of one person: given to them, or erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.store.people import ReadPeople, WritePeople
from alertd.store.suppression import ERASED
from alertd.store.tables import (
    delivery,
    incident,
    incident_revision,
    route,
    silence,
    subscriber,
    told,
)

_ENDED: Final = ("sent", "suppressed", "expired", "dead")
_PROFILE: Final = ("name", "email", "language", "country", "timezone", "role", "discreet")
_NO_ADDRESS: Final = "a web address, not shown"


class ReadErasure(ReadPeople):
    """What is held of one person."""

    def held_of(self, subscriber_id: int) -> dict[str, Any]:
        """Everything the store holds of a subscriber, as JSON values; nothing secret."""
        found = self.connection.execute(
            sa.select(subscriber).where(subscriber.c.id == subscriber_id)
        )
        row = found.mappings().one()
        return {
            **{key: row[key] for key in _PROFILE},
            "managed_by": row["managed_by"],
            "since": row["created_at"],
            "routes": self._held_routes(subscriber_id),
            "watches": [
                self._held_watch(subscriber_id, item.name, codec.plain(item.written))
                for item in self.watches_of(subscriber_id)
            ],
            "silences": self._rows(_SILENCES.where(silence.c.subscriber_id == subscriber_id)),
            "told": [
                {**_named(item), "channel": item["channel"], "told_at": item["told_at"]}
                for item in self._rows(_TOLD.where(told.c.subscriber_id == subscriber_id))
            ],
            "messages": self._rows(_MESSAGES.where(delivery.c.subscriber_id == subscriber_id)),
        }

    def _held_routes(self, subscriber_id: int) -> list[dict[str, Any]]:
        rows = self._rows(
            sa.select(route)
            .where(route.c.subscriber_id == subscriber_id)
            .order_by(route.c.position)
        )
        hidden = {"subscriber_id", "position"}
        return [
            {key: _shown(value) for key, value in row.items() if key not in hidden} for row in rows
        ]

    def _held_watch(self, subscriber_id: int, name: str, wish: dict[str, Any]) -> dict[str, Any]:
        ages = self.term_ages(subscriber_id, name)
        since = [
            {"field": field, "term": key, "since": at} for (field, key), at in sorted(ages.items())
        ]
        return {"name": name, **wish, "terms": since}

    def _rows(self, wanted: sa.Select[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in self.connection.execute(wanted).mappings()]


class WriteErasure(ReadErasure, WritePeople):
    """Erasing a person."""

    def erase(self, subscriber_id: int, now: datetime) -> None:
        """Delete a subscriber with all that hangs on them; their no is all that is kept.

        What is deleted is overwritten in the file (``engine.PRAGMAS``); ``engine.empty_log`` does
        the rest after the commit.
        """
        self.say_no(subscriber_id, ERASED, now)
        name, addresses = self._known_as(subscriber_id) or ("", [])
        self._forget_notices([repr(name), *addresses])
        # Routes, watches, alerts, messages and what was told go with it, by their foreign keys.
        self.connection.execute(sa.delete(subscriber).where(subscriber.c.id == subscriber_id))
        self.drop_unused_criteria()

    def _forget_notices(self, words: Iterable[str]) -> None:
        """Empty the notices to the operator that name the person and have been dealt with."""
        naming = [delivery.c.content.contains(word, autoescape=True) for word in words]
        self.connection.execute(
            sa.update(delivery)
            .where(
                delivery.c.subscriber_id.is_(None),
                delivery.c.state.in_(_ENDED),
                sa.or_(*naming),
            )
            .values(content=None)
        )


_SILENCES: Final = sa.select(
    silence.c.scope, silence.c.shown, silence.c.since, silence.c.until, silence.c.why
).order_by(silence.c.id)
_TOLD: Final = (
    sa.select(
        incident.c.ref,
        incident_revision.c.snapshot,
        told.c.revision,
        told.c.channel,
        told.c.told_at,
    )
    .select_from(
        told.join(incident, incident.c.id == told.c.told_incident_id).join(
            incident_revision,
            sa.and_(
                incident_revision.c.incident_id == told.c.told_incident_id,
                incident_revision.c.revision == told.c.revision,
            ),
        )
    )
    .order_by(told.c.told_at)
)
_MESSAGES: Final = (
    sa.select(
        delivery.c.id,
        incident.c.ref.label("incident"),
        delivery.c.revision,
        delivery.c.kind,
        delivery.c.channel,
        delivery.c.address,
        delivery.c.state,
        delivery.c.state_reason,
        delivery.c.created_at,
        delivery.c.sent_at,
        delivery.c.content,
    )
    .select_from(delivery.outerjoin(incident, incident.c.id == delivery.c.incident_id))
    .order_by(delivery.c.id)
)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    known = codec.loads(dict, row["snapshot"])
    return {"incident": row["ref"], "revision": row["revision"], "title": known.get("title", "")}


def _shown(value: object) -> object:
    return _NO_ADDRESS if isinstance(value, str) and "://" in value else value
