"""Questions about messages: what waits, what is due, what became of which."""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.model import Report
from alertd.core.people import Matched, Reason
from alertd.store.releases import ReadReleases
from alertd.store.rows import UtcDateTime
from alertd.store.tables import (
    alert,
    alert_watch,
    channel,
    delivery,
    delivery_alert,
    fanout,
    incident,
    report_version,
    subscriber,
    told,
)


def message_id(secret: bytes, dedup_key: str) -> str:
    """The id of a message, the same on every attempt and after any restore (rule R3)."""
    digest = hmac.new(secret, dedup_key.encode(), sha256).digest()
    return b32encode(digest).decode().lower()[:26]


class ReadDeliveries(ReadReleases):
    """Questions about messages."""

    def deliveries(self, where: sa.ColumnElement[bool] | None = None) -> tuple[dict[str, Any], ...]:
        """Messages, ended ones too, oldest first, as the fixed JSON of ``delivery list``."""
        secret = self.secret()
        wanted = (
            sa.select(delivery, subscriber.c.name.label("person"), incident.c.ref)
            .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber_id)
            .outerjoin(incident, incident.c.id == delivery.c.incident_id)
            .order_by(delivery.c.id)
        )
        if where is not None:
            wanted = wanted.where(where)
        return tuple(_listed(row, secret) for row in self.connection.execute(wanted).mappings())

    def dead(self) -> tuple[dict[str, Any], ...]:
        """Messages that will not be sent unless somebody asks for it."""
        return self.deliveries(delivery.c.state.in_(("dead", "expired")))

    def deliveries_by_key(self, start: str) -> tuple[dict[str, Any], ...]:
        """Messages whose key begins so."""
        return self.deliveries(delivery.c.dedup_key.startswith(start, autoescape=True))

    def one_delivery(self, delivery_id: int) -> dict[str, Any] | None:
        """One message; None when there is none of that number."""
        return next(iter(self.deliveries(delivery.c.id == delivery_id)), None)

    def deliveries_of(self, subscriber_id: int, incident_id: int) -> tuple[dict[str, Any], ...]:
        """The messages made for one person and incident, digests that tell of it among them."""
        digests = (
            sa.select(delivery_alert.c.delivery_id)
            .join(alert, alert.c.id == delivery_alert.c.alert_id)
            .where(alert.c.subscriber_id == subscriber_id, alert.c.incident_id == incident_id)
        )
        own = sa.and_(
            delivery.c.subscriber_id == subscriber_id, delivery.c.incident_id == incident_id
        )
        return self.deliveries(sa.or_(own, delivery.c.id.in_(digests)))

    def oldest_waiting(self) -> datetime | None:
        """When the oldest message that is not sent yet was made."""
        moment: datetime | None = self.connection.execute(
            sa.select(sa.func.min(delivery.c.created_at, type_=UtcDateTime)).where(
                delivery.c.state.in_(("waiting", "sending"))
            )
        ).scalar()
        return moment

    def told_of(self, incident_id: int) -> list[dict[str, Any]]:
        """Who was told of an incident, by which channel, when and of which revision."""
        rows = self.connection.execute(
            sa.select(subscriber.c.name, told.c.channel, told.c.revision, told.c.told_at)
            .join(subscriber, subscriber.c.id == told.c.subscriber_id)
            .where(told.c.incident_id == incident_id)
            .order_by(told.c.told_at, subscriber.c.name)
        )
        return [
            {"subscriber": name, "channel": channel_, "revision": revision, "at": at.isoformat()}
            for name, channel_, revision, at in rows
        ]

    def is_news(self, incident_id: int) -> bool:
        """Whether an incident was news, not history."""
        return bool(
            self.connection.execute(
                sa.select(incident.c.news).where(incident.c.id == incident_id)
            ).scalar()
        )

    def because(self, delivery_id: int) -> list[str]:
        """Why a message was made, a line for each field of each watch that matched."""
        rows = self.connection.execute(
            sa.select(alert_watch.c.watch, fanout.c.reason)
            .join(fanout, fanout.c.id == alert_watch.c.fanout_id)
            .join(delivery_alert, delivery_alert.c.alert_id == alert_watch.c.alert_id)
            .where(delivery_alert.c.delivery_id == delivery_id)
            .order_by(alert_watch.c.watch)
        )
        return [
            f"{name}: {item.field}: {item.words}"
            for name, text in rows
            for item in codec.loads(Reason, text).criteria
        ]

    def report_urls(self) -> tuple[str, ...]:
        """The link of every report, in the order in which they came."""
        rows = self.connection.execute(
            sa.select(report_version.c.report).order_by(
                report_version.c.report_id, report_version.c.version
            )
        )
        return tuple(dict.fromkeys(codec.loads(Report, text).url for text in rows.scalars()))

    def counts(self) -> Mapping[str, int]:
        """How many messages are in each state."""
        rows = self.connection.execute(
            sa.select(delivery.c.state, sa.func.count()).group_by(delivery.c.state)
        )
        return {row[0]: row[1] for row in rows}

    def due(self, now: datetime) -> int:
        """How many messages should have gone by now."""
        return int(
            self.connection.execute(
                sa.select(sa.func.count()).where(
                    sa.or_(
                        delivery.c.state == "sending",
                        sa.and_(
                            delivery.c.state == "waiting",
                            sa.or_(delivery.c.due_at.is_(None), delivery.c.due_at <= now),
                        ),
                    )
                )
            ).scalar_one()
        )

    def next_due(self, channel_name: str) -> datetime | None:
        """When the next message of a channel is due, or the channel may send again."""
        due = (delivery.c.state == "waiting", delivery.c.due_at.is_not(None))
        moment: datetime | None = self.connection.execute(
            sa.select(sa.func.min(delivery.c.due_at, type_=UtcDateTime)).where(
                delivery.c.channel == channel_name, *due
            )
        ).scalar()
        rest = self.channels().get(channel_name, {})
        if moment is None or rest.get("suspended"):
            return None
        resume_at: datetime | None = rest.get("resume_at")
        return moment if resume_at is None else max(moment, resume_at)

    def due_on(self, channel_name: str, now: datetime, limit: int) -> int:
        """How many messages of a channel could be sent now, counted up to ``limit``."""
        some = (
            sa.select(delivery.c.id)
            .where(
                delivery.c.channel == channel_name,
                sa.or_(
                    sa.and_(delivery.c.state == "waiting", delivery.c.due_at <= now),
                    sa.and_(delivery.c.state == "sending", delivery.c.leased_until < now),
                ),
            )
            .limit(limit)
            .subquery()
        )
        return int(
            self.connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
        )

    def tried_and_waiting(self) -> int:
        """How many messages were tried, not taken, and wait for their next attempt."""
        return int(
            self.connection.execute(
                sa.select(sa.func.count()).where(
                    delivery.c.state == "waiting", delivery.c.last_answer.is_not(None)
                )
            ).scalar_one()
        )

    def channels(self) -> Mapping[str, dict[str, Any]]:
        """What is known of channels that were ever used with trouble."""
        rows = self.connection.execute(sa.select(channel)).mappings()
        return {row["name"]: dict(row) for row in rows}

    def last_sent(self) -> datetime | None:
        """When the last message went out."""
        moment: datetime | None = self.connection.execute(
            sa.select(delivery.c.sent_at)
            .where(delivery.c.sent_at.is_not(None))
            .order_by(delivery.c.sent_at.desc())
            .limit(1)
        ).scalar()
        return moment

    def _matched(self, subscriber_id: int, incident_id: int, revision: int) -> tuple[Matched, ...]:
        rows = self.connection.execute(
            sa.select(alert_watch.c.watch, fanout.c.reason)
            .join(fanout, fanout.c.id == alert_watch.c.fanout_id)
            .join(alert, alert.c.id == alert_watch.c.alert_id)
            .where(
                alert.c.subscriber_id == subscriber_id,
                alert.c.incident_id == incident_id,
                alert.c.revision == revision,
            )
            .order_by(alert_watch.c.watch)
        )
        return tuple(
            Matched(watch=name, reason=codec.loads(Reason, reason)) for name, reason in rows
        )


def _listed(row: sa.RowMapping, secret: bytes) -> dict[str, Any]:
    def moment(name: str) -> str | None:
        return None if row[name] is None else row[name].isoformat()

    return {
        "id": row["id"],
        "incident": row["ref"],
        "revision": row["revision"],
        "kind": row["kind"],
        "subscriber": row["person"],
        "channel": row["channel"],
        "state": row["state"],
        "state_reason": row["state_reason"],
        "attempts": row["attempts"],
        "due_at": moment("due_at"),
        "sent_at": moment("sent_at"),
        "last_answer": row["last_answer"],
        "message_id": message_id(secret, row["dedup_key"]),
    }
