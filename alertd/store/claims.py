"""Claims: who sends a message now, and what it has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.model import Incident
from alertd.core.outbox import (
    Delivery,
    State,
    StateReason,
)
from alertd.core.people import Alert, Kind, Reader
from alertd.store.deliveries import message_id
from alertd.store.digests import WriteDigests
from alertd.store.fanout import WriteFanouts
from alertd.store.judged import Part, Untold
from alertd.store.people import reader_of
from alertd.store.tables import (
    alert,
    channel,
    delivery,
    delivery_alert,
    incident,
    subscriber,
)

MOST_CRASHES: Final = 5
"""Claims that never settled before a row is set aside as poison (architecture section 7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that is ours to send: the row, and what it has to say.

    ``content`` is the text of a notice or a confirmation, and why a digest comes; ``alerts``
    are what an alert, a digest or a drill tells.
    """

    delivery: Delivery
    alerts: tuple[Alert, ...] = ()
    content: Mapping[str, Any] | None = None
    first_message_id: str | None = None
    last_message_id: str | None = None


class WriteClaims(WriteDigests, WriteFanouts):
    """Taking messages to send."""

    def claim(
        self,
        name: str,
        now: datetime,
        *,
        owner: str,
        lease: timedelta,
        limit: int,
        only: str = "",
    ) -> tuple[Claimed, ...]:
        """Take messages of a channel that are due, so that nobody else sends them.

        Those that need no sending any more are ended on the way.  ``only`` leaves out those
        whose key does not begin with it.
        """
        if not self._may_send(name, now):
            return ()
        while rows := self._take(name, now, owner=owner, lease=lease, limit=limit, only=only):
            ready = [self._claimed(row, now) for row in rows]
            if found := tuple(item for item in ready if item is not None):
                return found
        return ()

    def _take(
        self, name: str, now: datetime, *, owner: str, lease: timedelta, limit: int, only: str
    ) -> list[sa.RowMapping]:
        lost = sa.and_(delivery.c.state == "sending", delivery.c.leased_until < now)
        due = sa.and_(delivery.c.state == "waiting", delivery.c.due_at <= now)
        wanted = (delivery.c.dedup_key.startswith(only, autoescape=True),) if only else ()
        # Each by itself, so that the index gives the order and the first that fits is enough.
        found = [
            sa.select(delivery.c.id)
            .where(delivery.c.channel == name, how, ~_blocked(), *wanted)
            .order_by(delivery.c.due_at, delivery.c.id)
            .limit(limit)
            .subquery()
            for how in (lost, due)
        ]
        chosen = sa.union_all(*(sa.select(item.c.id) for item in found)).limit(limit)
        left = delivery.c.state == "sending"
        claimed = self.connection.execute(
            sa.update(delivery)
            .where(delivery.c.id.in_(chosen), sa.or_(lost, due))
            .values(
                state="sending",
                owner=owner,
                leased_until=now + lease,
                crashes=sa.case((left, delivery.c.crashes + 1), else_=delivery.c.crashes),
                maybe_sent=sa.or_(delivery.c.maybe_sent, left),
            )
            .returning(delivery)
        ).mappings()
        return sorted(claimed, key=lambda row: int(row["id"]))

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
        if item.subscriber is not None and self.said_no(item.subscriber, item.to):
            self._end(item, State.SUPPRESSED, StateReason.UNSUBSCRIBED, None)
            return None
        content = codec.loads(dict, row["content"]) if row["content"] else None
        if item.subscriber is None:
            return _written(item, content or {}, None, now)
        person = (
            self.connection.execute(sa.select(subscriber).where(subscriber.c.id == item.subscriber))
            .mappings()
            .one()
        )
        if not person["active"]:
            self._end(item, State.SUPPRESSED, StateReason.UNSUBSCRIBED, None)
            return None
        reader = reader_of(person)
        if item.kind is Kind.DIGEST:
            return self._claimed_digest(item, reader, content, now)
        if row["incident_id"] is None:
            return _written(item, content or {}, reader, now)
        return self._claimed_alert(item, reader, row, now)

    def _claimed_alert(
        self, item: Delivery, reader: Reader, row: sa.RowMapping, now: datetime
    ) -> Claimed | None:
        part = Part(
            subscriber=row["subscriber_id"],
            incident=row["incident_id"],
            revision=row["revision"],
            kind=item.kind,
            made_at=row["created_at"],
        )
        judged = self._judged(item, reader, part, now, spared=row["silence_id"])
        if isinstance(judged, Untold):
            self._end(item, State.SUPPRESSED, judged.reason, None, judged.silence)
            return None
        if judged.alert.kind is not item.kind:
            self._set(delivery.c.id == item.id, kind=judged.alert.kind.value)
        return Claimed(
            delivery=item,
            alerts=(judged.alert,),
            first_message_id=judged.first_message_id,
            last_message_id=judged.last_message_id,
        )

    def _claimed_digest(
        self, item: Delivery, reader: Reader, content: Mapping[str, Any] | None, now: datetime
    ) -> Claimed | None:
        """Each alert is judged as if it came alone; what is not told now is taken out."""
        alerts: list[Alert] = []
        for part in self._up_to_date_parts(item):
            judged = self._judged(item, reader, part, now)
            if isinstance(judged, Untold):
                self._drop(item, part, judged.reason, judged.silence)
            else:
                alerts.append(judged.alert)
        if not alerts:
            self._end(item, State.SUPPRESSED, StateReason.SUPERSEDED, None)
            return None
        return Claimed(delivery=item, alerts=tuple(alerts), content=content)

    def _end(
        self,
        item: Delivery,
        state: State,
        reason: StateReason | None,
        answer: str | None,
        silence_id: int | None = None,
    ) -> None:
        self._set(
            delivery.c.id == item.id,
            state=state.value,
            state_reason=None if reason is None else reason.value,
            last_answer=answer,
            silence_id=silence_id,
            owner=None,
            leased_until=None,
        )


def _written(
    item: Delivery, content: Mapping[str, Any], reader: Reader | None, now: datetime
) -> Claimed:
    """A message whose content was written with it; a drill tells of an incident that is none."""
    if item.kind is not Kind.DRILL:
        return Claimed(delivery=item, content=content)
    alert_ = Alert(
        kind=Kind.DRILL,
        reader=reader or codec.load(Reader, content["reader"]),
        incident=codec.load(Incident, content["incident"]),
        now=now,
    )
    return Claimed(delivery=item, alerts=(alert_,), content=content)


@cache
def _blocked() -> sa.ColumnElement[bool]:
    """Whether something older on an incident of the message is not done yet.

    A digest that waits blocks nothing: when it is claimed it leaves out what has a newer message.
    """
    older, incidents = delivery.alias("older"), alert.alias("incidents")
    mine, links, theirs = delivery_alert.alias(), delivery_alert.alias(), alert.alias("theirs")
    into = sa.select(incident.c.merged_into).where(incident.c.id == older.c.incident_id)
    parted_from = (
        sa.select(incident.c.parted_from)
        .where(incident.c.id == delivery.c.incident_id)
        .correlate(delivery)
    )
    before = sa.and_(older.c.channel == delivery.c.channel, older.c.id < delivery.c.id)
    of_same_person = older.c.subscriber_id == delivery.c.subscriber_id
    of_mine = sa.and_(mine.c.delivery_id == delivery.c.id, incidents.c.id == mine.c.alert_id)
    by_one = sa.exists().where(
        of_same_person,
        before,
        older.c.state.in_(("waiting", "sending")),
        sa.or_(
            older.c.incident_id == delivery.c.incident_id,
            into.scalar_subquery() == delivery.c.incident_id,
            parted_from.scalar_subquery() == older.c.incident_id,
        ),
    )
    of_digest_by_one = sa.and_(
        delivery.c.kind == Kind.DIGEST.value,
        sa.exists().where(
            of_mine,
            of_same_person,
            older.c.incident_id == incidents.c.incident_id,
            before,
            older.c.state.in_(("waiting", "sending")),
        ),
    )
    by_digest = sa.exists().where(
        before,
        older.c.state == "sending",
        older.c.kind == Kind.DIGEST.value,
        of_same_person,
        links.c.delivery_id == older.c.id,
        theirs.c.id == links.c.alert_id,
        of_mine,
        theirs.c.incident_id == incidents.c.incident_id,
    )
    return sa.or_(by_one, of_digest_by_one, by_digest)


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
