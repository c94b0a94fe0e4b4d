"""The outbox: what is due, who sends it, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.outbox import (
    Dead,
    Delivery,
    Expire,
    Hold,
    Later,
    Sent,
    Settlement,
    StateReason,
)
from alertd.core.release import Release
from alertd.store.claims import WriteClaims
from alertd.store.digests import BUNDLE
from alertd.store.engine import ignoring, upsert
from alertd.store.silences import WriteSilences
from alertd.store.tables import (
    alert,
    channel,
    delivery,
    delivery_alert,
    incident,
    told,
)

LONGEST_WAIT: Final = timedelta(hours=29)
"""The longest wait of any schedule with its jitter: a time further off is a clock's fault (R12)."""
LONGEST_HOLD: Final = timedelta(days=8)
"""A week's digest and the quiet hours after it: nothing is held longer for its time (R12)."""


class WriteOutbox(WriteClaims, WriteSilences):
    """Messages on their way."""

    def schedule(self, released: Iterable[Release]) -> int:
        """Give messages their time; return how many."""
        count = 0
        for item in released:
            values: dict[str, Any] = {"due_at": item.due_at}
            if item.reason is not None:
                values |= {"state": "held", "state_reason": item.reason.value}
            if item.bundle:
                values["content"] = codec.dumps({BUNDLE: item.bundle})
            self._set(delivery.c.id == item.delivery, **values)
            count += 1
        return count

    def ripen(self, now: datetime) -> int:
        """Bring back times beyond any schedule, and take the time from what has to be judged anew.

        That is what waited for the end of quiet hours, and what is held for a digest that its
        route does not ask for any more.  Returns how many there were.
        """
        self._set(
            sa.and_(delivery.c.state == "waiting", delivery.c.due_at > now + LONGEST_WAIT),
            due_at=now,
        )
        self._set(
            sa.and_(delivery.c.state == "held", delivery.c.due_at > now + LONGEST_HOLD),
            due_at=now,
        )
        quiet_is_over = self._set(
            sa.and_(
                delivery.c.state == "held",
                delivery.c.state_reason == StateReason.QUIET.value,
                delivery.c.due_at <= now,
            ),
            state="waiting",
            state_reason=None,
            due_at=None,
        )
        return quiet_is_over.rowcount + self.judge_again()

    def set_channels(self, names: Sequence[str]) -> None:
        """Hold messages of channels that are gone; let returned and suspended ones try again.

        A wait that a server asked for goes on over a restart.
        """
        self._set(
            sa.and_(delivery.c.state == "waiting", delivery.c.channel.not_in(names)),
            state="held",
            state_reason=StateReason.CHANNEL.value,
        )
        self.connection.execute(sa.delete(channel).where(channel.c.suspended))
        self._unhold(delivery.c.channel.in_(names))

    def enqueue(self, row: Mapping[str, Any]) -> bool:
        """Add one message that is not an incident alert; False when it is there already."""
        defaults = {"state": "waiting", "attempts": 0, "crashes": 0, "maybe_sent": False}
        done = self.connection.execute(
            ignoring(self.connection, delivery).values(**(defaults | dict(row)))
        )
        return done.rowcount > 0

    def free_leases(self, now: datetime) -> int:
        """Take back what a process that is no more had claimed; it may have been sent."""
        done = self._set(
            delivery.c.state == "sending",
            state="waiting",
            owner=None,
            leased_until=None,
            crashes=delivery.c.crashes + 1,
            maybe_sent=True,
            due_at=now,
        )
        return done.rowcount

    def settle(self, item: Delivery, settlement: Settlement, now: datetime) -> bool:
        """Write what became of a send; False when the lease was lost to somebody else."""
        values = _settled(item, settlement, now)
        done = self._set(
            sa.and_(
                delivery.c.id == item.id,
                delivery.c.state == "sending",
                delivery.c.owner == item.owner,
                delivery.c.leased_until == item.leased_until,
            ),
            owner=None,
            leased_until=None,
            **values,
        )
        if done.rowcount == 0:
            return False
        if isinstance(settlement, Sent):
            self._tell(item, now)
            self.connection.execute(
                sa.delete(channel).where(channel.c.name == item.channel, ~channel.c.suspended)
            )
        elif isinstance(settlement, Later):
            self._yield_to_newer(item)
        return True

    def note_channel(
        self,
        name: str,
        now: datetime,
        *,
        answer: str,
        resume_at: datetime | None,
        suspend: bool = False,
    ) -> None:
        """Record that a channel failed, until when it rests, or that it is suspended."""
        known = self.channels().get(name, {})
        row = {
            "name": name,
            "suspended": suspend or bool(known.get("suspended")),
            "failures": int(known.get("failures") or 0) + 1,
            "failing_since": known.get("failing_since") or now,
            "resume_at": resume_at,
            "answer": answer,
        }
        upsert(self.connection, channel, row, key=["name"])

    def resume_channel(self, name: str) -> None:
        """Let a suspended channel send again, and with it what it held."""
        self.connection.execute(sa.delete(channel).where(channel.c.name == name))
        self._unhold(delivery.c.channel == name)

    def _unhold(self, of_channels: sa.ColumnElement[bool]) -> None:
        self._set(
            sa.and_(
                of_channels,
                delivery.c.state == "held",
                delivery.c.state_reason == StateReason.CHANNEL.value,
            ),
            state="waiting",
            state_reason=None,
        )

    def retry(self, delivery_id: int, now: datetime) -> bool:
        """Send an ended, held or silenced message again; False when there is none such.

        The silence that held it holds it no more.
        """
        silenced = sa.and_(
            delivery.c.state == "suppressed",
            delivery.c.state_reason == StateReason.SILENCED.value,
        )
        done = self._set(
            sa.and_(
                delivery.c.id == delivery_id,
                sa.or_(delivery.c.state.in_(("dead", "expired", "held", "waiting")), silenced),
            ),
            state="waiting",
            state_reason=None,
            due_at=now,
            created_at=now,
            attempts=0,
            crashes=0,
        )
        return done.rowcount > 0

    def _tell(self, item: Delivery, now: datetime) -> None:
        held = self.connection.execute(
            sa.select(alert.c.subscriber_id, alert.c.incident_id, alert.c.revision)
            .join(delivery_alert, delivery_alert.c.alert_id == alert.c.id)
            .where(delivery_alert.c.delivery_id == item.id)
        ).all()
        for subscriber_id, told_of, revision in held:
            self._note_told(item, subscriber_id, (told_of, revision), now)

    def _note_told(
        self, item: Delivery, subscriber_id: int, what: tuple[int, int], now: datetime
    ) -> None:
        """A person knows a revision; of what the incident has absorbed, until they know it all."""
        told_of, revision = what
        incident_id = self.final_id(told_of)
        here = (told.c.subscriber_id == subscriber_id, told.c.channel == item.channel)
        known = self.connection.execute(
            sa.select(told.c.first_message_id).where(told.c.incident_id == incident_id, *here)
        ).scalar()
        upsert(
            self.connection,
            told,
            {
                "subscriber_id": subscriber_id,
                "incident_id": incident_id if known is None else told_of,
                "channel": item.channel,
                "told_incident_id": told_of,
                "revision": revision,
                "first_message_id": known or item.message_id,
                "last_message_id": item.message_id,
                "told_at": now,
            },
            key=["subscriber_id", "incident_id", "channel"],
        )
        current = incident.alias("current")
        whole = sa.select(incident.c.id).where(
            incident.c.merged_into == told_of,
            sa.exists().where(current.c.id == told_of, current.c.revision == revision),
        )
        self.connection.execute(sa.delete(told).where(told.c.incident_id.in_(whole), *here))

    def _yield_to_newer(self, item: Delivery) -> None:
        """A message that must be tried again is set aside when a newer revision waits.

        Alone or in a digest.
        """
        newer = delivery.alias("newer")
        self._set(
            sa.and_(
                delivery.c.id == item.id,
                delivery.c.incident_id.is_not(None),
                sa.exists().where(
                    alert.c.subscriber_id == delivery.c.subscriber_id,
                    alert.c.incident_id == delivery.c.incident_id,
                    alert.c.revision > delivery.c.revision,
                    delivery_alert.c.alert_id == alert.c.id,
                    newer.c.id == delivery_alert.c.delivery_id,
                    newer.c.channel == delivery.c.channel,
                    newer.c.id > delivery.c.id,
                    newer.c.state.in_(("waiting", "held")),
                ),
            ),
            state="suppressed",
            state_reason="superseded",
        )


def _settled(item: Delivery, settlement: Settlement, now: datetime) -> dict[str, Any]:
    match settlement:
        case Sent(answer):
            return {"state": "sent", "state_reason": None, "sent_at": now, "last_answer": answer}
        case Later():
            values: dict[str, Any] = {
                "state": "waiting",
                "due_at": settlement.due_at,
                "last_answer": settlement.answer,
                "attempts": item.attempts + settlement.counts,
                "crashes": item.crashes + settlement.crashed,
            }
            return values | ({"maybe_sent": True} if settlement.maybe_sent else {})
        case Hold(reason, answer):
            return {"state": "held", "state_reason": reason.value, "last_answer": answer}
        case Expire(answer):
            return {"state": "expired", "last_answer": answer}
        case Dead(answer):
            return {"state": "dead", "last_answer": answer, "attempts": item.attempts + 1}
