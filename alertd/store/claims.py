"""Claims: who sends a message now, and what it has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from alertd.core import assemble, codec
from alertd.core.model import Incident, Severity
from alertd.core.outbox import (
    Delivery,
    State,
    StateReason,
)
from alertd.core.people import Alert, Kind, Reader
from alertd.store.deliveries import ReadDeliveries, message_id
from alertd.store.fanout import WriteFanouts
from alertd.store.people import reader_of
from alertd.store.tables import (
    channel,
    delivery,
    fanout,
    incident,
    subscriber,
    told,
)

MOST_CRASHES: Final = 5
"""Claims that never settled before a row is set aside as poison (architecture section 7)."""
LATE: Final = timedelta(hours=24)
"""Beyond this age an alert says that it is late (rule R8)."""
_RANKS: Final = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that is ours to send: the row, and what it has to say.

    ``content`` is the text of a notice, a drill or a confirmation; ``alerts`` are what an
    alert or a digest tells.
    """

    delivery: Delivery
    alerts: tuple[Alert, ...] = ()
    content: Mapping[str, Any] | None = None
    first_message_id: str | None = None
    last_message_id: str | None = None


class WriteClaims(ReadDeliveries, WriteFanouts):
    """Taking messages to send."""

    def claim(
        self, name: str, now: datetime, *, owner: str, lease: timedelta, limit: int
    ) -> tuple[Claimed, ...]:
        """Take messages of a channel that are due, so that nobody else sends them.

        Those that need no sending any more are ended on the way.
        """
        if not self._may_send(name, now):
            return ()
        while rows := self._take(name, now, owner=owner, lease=lease, limit=limit):
            ready = [self._claimed(row, now) for row in rows]
            if found := tuple(item for item in ready if item is not None):
                return found
        return ()

    def _take(
        self, name: str, now: datetime, *, owner: str, lease: timedelta, limit: int
    ) -> list[sa.RowMapping]:
        older = delivery.alias("older")
        absorbed = sa.select(incident.c.id).where(incident.c.merged_into == delivery.c.incident_id)
        in_order = ~sa.exists().where(
            older.c.subscriber_id == delivery.c.subscriber_id,
            sa.or_(
                older.c.incident_id == delivery.c.incident_id, older.c.incident_id.in_(absorbed)
            ),
            older.c.channel == delivery.c.channel,
            older.c.id < delivery.c.id,
            older.c.state.in_(("waiting", "sending")),
        )
        free = sa.or_(
            sa.and_(delivery.c.state == "waiting", delivery.c.due_at <= now),
            sa.and_(delivery.c.state == "sending", delivery.c.leased_until < now),
        )
        chosen = (
            sa.select(delivery.c.id)
            .where(delivery.c.channel == name, free, in_order)
            .order_by(delivery.c.due_at, delivery.c.id)
            .limit(limit)
        )
        lost = delivery.c.state == "sending"
        claimed = self.connection.execute(
            sa.update(delivery)
            .where(delivery.c.id.in_(chosen), free)
            .values(
                state="sending",
                owner=owner,
                leased_until=now + lease,
                crashes=sa.case((lost, delivery.c.crashes + 1), else_=delivery.c.crashes),
                maybe_sent=sa.or_(delivery.c.maybe_sent, lost),
            )
            .returning(delivery)
        ).mappings()
        return sorted(claimed, key=lambda row: int(row["id"]))

    def _set(self, where: sa.ColumnElement[bool], **values: Any) -> sa.CursorResult[Any]:  # noqa: ANN401 - column values
        return self.connection.execute(sa.update(delivery).where(where).values(**values))

    def _may_send(self, name: str, now: datetime) -> bool:
        row = self.connection.execute(sa.select(channel).where(channel.c.name == name)).first()
        return row is None or (
            not row.suspended and (row.resume_at is None or row.resume_at <= now)
        )

    def _claimed(self, row: sa.RowMapping, now: datetime) -> Claimed | None:
        item = _delivery(row, self.secret())
        if row["crashes"] >= MOST_CRASHES:
            self._end(item, State.DEAD, None, "given up: alertd ended five times while sending it")
            return None
        if item.subscriber is not None and self.is_suppressed(item.to):
            self._end(item, State.SUPPRESSED, StateReason.UNSUBSCRIBED, None)
            return None
        if row["incident_id"] is None or item.subscriber is None:
            content = codec.loads(dict, row["content"]) if row["content"] else None
            return Claimed(delivery=item, content=content)
        return self._claimed_alert(item, row, now)

    def _claimed_alert(self, item: Delivery, row: sa.RowMapping, now: datetime) -> Claimed | None:
        incident_id = self.final_id(row["incident_id"])
        known = self.connection.execute(
            sa.select(told).where(
                told.c.subscriber_id == item.subscriber,
                told.c.incident_id == incident_id,
                told.c.channel == item.channel,
            )
        ).first()
        person = (
            self.connection.execute(sa.select(subscriber).where(subscriber.c.id == item.subscriber))
            .mappings()
            .one()
        )
        if not person["active"]:
            self._end(item, State.SUPPRESSED, StateReason.UNSUBSCRIBED, None)
            return None
        if item.kind is Kind.WITHDRAWN and known is None and not self._maybe_told(item, row):
            self._end(item, State.SUPPRESSED, StateReason.WITHDRAWN_UNSENT, None)
            return None
        kind = _fitting(item.kind, is_told=known is not None)
        if kind is not item.kind:
            self._set(delivery.c.id == item.id, kind=kind.value)
        before = None if known is None else self.revision(known.told_incident_id, known.revision)
        alert_ = self._alert(kind, reader_of(person), row, before, now)
        if kind is Kind.UPDATE and not alert_.changes:
            self._end(item, State.SUPPRESSED, StateReason.SUPERSEDED, None)
            return None
        return Claimed(
            delivery=item,
            alerts=(alert_,),
            first_message_id=None if known is None else known.first_message_id,
            last_message_id=None if known is None else known.last_message_id,
        )

    def _alert(
        self, kind: Kind, reader: Reader, row: sa.RowMapping, before: Incident | None, now: datetime
    ) -> Alert:
        incident_id, revision = row["incident_id"], row["revision"]
        published = self.connection.execute(
            sa.select(sa.func.max(fanout.c.published)).where(
                fanout.c.incident_id == incident_id, fanout.c.revision == revision
            )
        ).scalar()
        after = self.revision(incident_id, revision)
        return Alert(
            kind=kind,
            reader=reader,
            incident=after,
            matched=self._matched(row["subscriber_id"], incident_id, revision),
            before=before,
            changes=frozenset() if before is None else assemble.changes(before, after),
            late=now - (published or row["created_at"]) > LATE,
            now=now,
        )

    def _maybe_told(self, item: Delivery, row: sa.RowMapping) -> bool:
        found = self.connection.execute(
            sa.select(delivery.c.id).where(
                delivery.c.subscriber_id == item.subscriber,
                delivery.c.incident_id == row["incident_id"],
                delivery.c.channel == item.channel,
                delivery.c.id < item.id,
                delivery.c.maybe_sent,
            )
        )
        return found.first() is not None

    def _end(
        self, item: Delivery, state: State, reason: StateReason | None, answer: str | None
    ) -> None:
        self._set(
            delivery.c.id == item.id,
            state=state.value,
            state_reason=None if reason is None else reason.value,
            last_answer=answer,
            owner=None,
            leased_until=None,
        )


def _fitting(kind: Kind, *, is_told: bool) -> Kind:
    """The kind that fits what the person was really told meanwhile."""
    if kind is Kind.NEW and is_told:
        return Kind.UPDATE
    if kind is Kind.UPDATE and not is_told:
        return Kind.NEW
    return kind


def _delivery(row: sa.RowMapping, secret: bytes) -> Delivery:
    return Delivery(
        id=row["id"],
        dedup_key=row["dedup_key"],
        kind=Kind(row["kind"]),
        subscriber=row["subscriber_id"],
        channel=row["channel"],
        to=row["address"],
        message_id=message_id(secret, row["dedup_key"]),
        created_at=row["created_at"],
        due_at=row["due_at"] or row["created_at"],
        attempts=row["attempts"],
        crashes=row["crashes"],
        owner=row["owner"] or "",
        leased_until=row["leased_until"],
    )
