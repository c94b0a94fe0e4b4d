"""Digests: many alerts of one person in one message, and what of them still has to be said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.outbox import Delivery, State, StateReason
from alertd.core.people import Kind
from alertd.core.release import Bundle
from alertd.store.engine import ignoring
from alertd.store.judged import Part, ReadJudged, part_of
from alertd.store.releases import ALERTS, DIGESTED, by_channel
from alertd.store.rows import UtcDateTime
from alertd.store.tables import (
    alert,
    delivery,
    delivery_alert,
    fanout,
    incident,
    route,
    watch,
)

GATHERED: Final = 1_000
"""Messages that are made digests of in one transaction."""
BUNDLE: Final = "bundle"


class WriteDigests(ReadJudged):
    """Messages held for a digest become one, and a digest is brought up to date."""

    def gather(self, now: datetime) -> int:
        """Make one message of what is held for a person and channel and whose time has come.

        One alert alone goes as itself.  Returns how many people and channels there were: of some
        ``GATHERED`` messages at a time, nobody's divided.
        """
        some = (
            sa.select(delivery.c.subscriber_id)
            .where(*_ripe(now))
            .order_by(delivery.c.subscriber_id)
            .limit(GATHERED)
            .subquery()
        )
        last = self.connection.execute(sa.select(sa.func.max(some.c.subscriber_id))).scalar()
        if last is None:
            return 0
        rows = self.connection.execute(
            sa.select(delivery)
            .where(*_ripe(now), delivery.c.subscriber_id <= last)
            .order_by(delivery.c.subscriber_id, delivery.c.channel, delivery.c.id)
        ).mappings()
        groups = groupby(rows.all(), lambda row: (row["subscriber_id"], row["channel"]))
        return sum(self._gather(list(group), now) for _, group in groups)

    def judge_again(self) -> int:
        """Take the time from what is held for a digest that its route does not want any more."""
        wanted = sa.literal(f'{{"{BUNDLE}":"') + route.c.send_when + sa.literal('"}')
        kept = sa.exists().where(
            route.c.subscriber_id == delivery.c.subscriber_id,
            route.c.channel == delivery.c.channel,
            wanted == delivery.c.content,
        )
        at_once = [_content(bundle) for bundle in (Bundle.FIRST, Bundle.OLD)]
        done = self._set(
            sa.and_(
                delivery.c.state == "held",
                delivery.c.state_reason == StateReason.DIGEST.value,
                delivery.c.content.not_in(at_once),
                ~kept,
            ),
            state="waiting",
            state_reason=None,
            due_at=None,
        )
        return done.rowcount

    def _gather(self, rows: Sequence[sa.RowMapping], now: datetime) -> int:
        ids = [row["id"] for row in rows]
        if len(rows) == 1:
            go = {"state": "waiting", "state_reason": None, "due_at": now, "created_at": now}
            self._set(delivery.c.id.in_(ids), **go)
            return 1
        number = self._make(rows, now)
        links = sa.select(sa.literal(number), delivery_alert.c.alert_id).where(
            delivery_alert.c.delivery_id.in_(ids)
        )
        self.connection.execute(
            ignoring(self.connection, delivery_alert).from_select(
                ["delivery_id", "alert_id"], links
            )
        )
        self._set(delivery.c.id.in_(ids), **_told_in(number))
        return 1

    def _make(self, rows: Sequence[sa.RowMapping], now: datetime) -> int:
        last = rows[-1]
        slot = min(row["due_at"] for row in rows)
        row = {
            "dedup_key": f"d/{last['subscriber_id']}/{last['channel']}/{slot.isoformat()}",
            "kind": Kind.DIGEST.value,
            "subscriber_id": last["subscriber_id"],
            "channel": last["channel"],
            "address": last["address"],
            "route": last["route"],
            "created_at": now,
            "due_at": now,
            "content": _content(_bundle(row["content"] for row in rows)),
        }
        number = self._add(row)
        # A second digest of one slot is another message: it must not be taken for the first.
        return number or self._add(row | {"dedup_key": f"{row['dedup_key']}/{last['id']}"})

    def _add(self, row: dict[str, Any]) -> int:
        defaults = {"state": "waiting", "attempts": 0, "crashes": 0, "maybe_sent": False}
        made = self.connection.execute(
            ignoring(self.connection, delivery).values(**defaults, **row).returning(delivery.c.id)
        )
        return int(made.scalar() or 0)

    def _up_to_date_parts(self, item: Delivery) -> list[Part]:
        """What a digest tells, newer revisions that have come since in the place of older ones."""
        rows = self.connection.execute(
            sa.select(alert)
            .join(delivery_alert, delivery_alert.c.alert_id == alert.c.id)
            .where(delivery_alert.c.delivery_id == item.id)
            .order_by(alert.c.id)
        ).mappings()
        found = [part_of(row) for row in rows.all()]
        return [now for part in found if (now := self._up_to_date(item, part)) is not None]

    def _up_to_date(self, item: Delivery, part: Part) -> Part | None:
        """The part, or the newer one that takes its place; None when it is not to be told here."""
        newer = self._newer(item, part)
        unsent = [row for row in newer if row["state"] in {"waiting", "held"}]
        if not newer:
            if self._holds_no_longer(part):
                self._drop(item, part, StateReason.SUPERSEDED)
                return None
            return part
        self._drop(item, part, StateReason.SUPERSEDED)
        if not unsent or any(row["maybe_sent"] or row["attempts"] for row in newer):
            return None
        return self._take_over(item, unsent[-1])

    def _newer(self, item: Delivery, part: Part) -> Sequence[sa.RowMapping]:
        """Messages of their own on the same incident, made after the digest."""
        now = self.final_id(part.incident)
        into = sa.select(incident.c.merged_into).where(incident.c.id == delivery.c.incident_id)
        rows = self.connection.execute(
            sa.select(delivery)
            .where(
                delivery.c.subscriber_id == part.subscriber,
                sa.or_(
                    delivery.c.incident_id.in_((part.incident, now)),
                    into.scalar_subquery() == now,
                ),
                by_channel(item.channel),
                delivery.c.id > item.id,
                delivery.c.kind.in_(ALERTS),
                delivery.c.state.not_in((State.DEAD.value, State.EXPIRED.value)),
            )
            .order_by(delivery.c.id)
        )
        return rows.mappings().all()

    def _take_over(self, item: Delivery, row: sa.RowMapping) -> Part | None:
        """Tell a newer revision here, unless it is a correction, which goes by itself."""
        if row["kind"] == Kind.WITHDRAWN:
            return None
        found = (
            self.connection.execute(
                sa.select(alert)
                .join(delivery_alert, delivery_alert.c.alert_id == alert.c.id)
                .where(delivery_alert.c.delivery_id == row["id"])
            )
            .mappings()
            .first()
        )
        if found is None:
            return None
        link = {"delivery_id": item.id, "alert_id": found["id"]}
        self.connection.execute(ignoring(self.connection, delivery_alert).values(**link))
        self._set(delivery.c.id == row["id"], **_told_in(item.id))
        return part_of(found)

    def _holds_no_longer(self, part: Part) -> bool:
        """Whether a later revision takes a person's own criteria back, or the whole incident."""
        own = sa.select(watch.c.criteria_id).where(watch.c.subscriber_id == part.subscriber)
        found = self.connection.execute(
            sa.select(fanout.c.id).where(
                fanout.c.incident_id == self.final_id(part.incident),
                fanout.c.done,
                sa.or_(
                    fanout.c.revision > part.revision,
                    fanout.c.incident_id != part.incident,
                ),
                sa.or_(
                    fanout.c.criteria_id.is_(None),
                    sa.and_(~fanout.c.holds, fanout.c.criteria_id.in_(own)),
                ),
            )
        )
        return found.first() is not None

    def _drop(
        self, item: Delivery, part: Part, reason: StateReason, silence_id: int | None = None
    ) -> None:
        """Take a part out of a digest; the message it once was says why, and may have been told."""
        self.connection.execute(
            sa.delete(delivery_alert).where(
                delivery_alert.c.delivery_id == item.id, delivery_alert.c.alert_id == part.alert
            )
        )
        digest = delivery.alias("digest")
        mine = sa.select(digest.c.maybe_sent).where(digest.c.id == item.id).scalar_subquery()
        self._set(
            sa.and_(
                delivery.c.subscriber_id == part.subscriber,
                delivery.c.incident_id == part.incident,
                delivery.c.revision == part.revision,
                by_channel(item.channel),
                delivery.c.state == "suppressed",
            ),
            state_reason=reason.value,
            silence_id=silence_id,
            maybe_sent=sa.or_(delivery.c.maybe_sent, mine),
        )

    def _set(self, where: sa.ColumnElement[bool], **values: Any) -> sa.CursorResult[Any]:  # noqa: ANN401 - column values
        return self.connection.execute(sa.update(delivery).where(where).values(**values))


def _ripe(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        delivery.c.state == "held",
        delivery.c.state_reason.in_(DIGESTED),
        delivery.c.due_at <= sa.literal(now, UtcDateTime),
    )


def _told_in(number: int) -> dict[str, Any]:
    return {
        "state": "suppressed",
        "state_reason": StateReason.SUPERSEDED.value,
        "last_answer": f"part of the digest, message {number}",
    }


def _content(bundle: str) -> str:
    return codec.dumps({BUNDLE: bundle})


def _bundle(contents: Iterable[str | None]) -> str:
    """Why alerts come together: the one reason of all, or that there are several."""
    known = {str(codec.loads(dict, text)[BUNDLE]) for text in contents if text}
    return known.pop() if len(known) == 1 else Bundle.SEVERAL
