"""What an alert says to somebody who knows what they know by now, or why it is not told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from alertd.core import assemble, codec
from alertd.core.model import Change, Incident
from alertd.core.outbox import Delivery, StateReason
from alertd.core.people import Alert, Kind, Reader
from alertd.core.silences import Silence, covering
from alertd.core.verdicts import lost
from alertd.store.deliveries import ReadDeliveries
from alertd.store.releases import by_channel
from alertd.store.tables import (
    alert,
    delivery,
    delivery_alert,
    fanout,
    incident,
    incident_revision,
    told,
)

LATE: Final = timedelta(hours=24)
"""Beyond this age an alert says that it is late (rule R8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One alert that a message tells: what about, and how it was meant when it was written."""

    subscriber: int
    incident: int
    revision: int
    kind: Kind
    made_at: datetime
    alert: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that is told, and the ids of what its reader was told of the incident before."""

    alert: Alert
    first_message_id: str | None
    last_message_id: str | None


@dataclass(frozen=True, slots=True)
class Untold:
    """Why an alert is not told, and by which silence."""

    reason: StateReason
    silence: int | None = None


class ReadJudged(ReadDeliveries):
    """One alert, judged at the moment in which it would be sent."""

    def _judged(
        self,
        item: Delivery,
        reader: Reader,
        part: Part,
        now: datetime,
        spared: int | None = None,
    ) -> Told | Untold:
        """What a part says to who knows what they know now, or why it is not said.

        ``spared`` is a silence that the operator has set aside for this message.
        """
        incident_id = self.final_id(part.incident)
        known = self.connection.execute(
            sa.select(told).where(
                told.c.subscriber_id == part.subscriber,
                told.c.incident_id == incident_id,
                told.c.channel == item.channel,
            )
        ).first()
        if part.kind is Kind.WITHDRAWN and known is None and not self._maybe_told(item, part):
            return Untold(StateReason.WITHDRAWN_UNSENT)
        kind = _fitting(part.kind, is_told=known is not None)
        before = () if known is None else self._known_by(item, part, known)
        alert_ = self._alert(kind, reader, part, before, now)
        if self._is_stale(item, part, alert_):
            return Untold(StateReason.SUPERSEDED)
        if kind is not Kind.WITHDRAWN:  # who was told something untrue hears that it is
            silence = self._silence(part.subscriber, incident_id, alert_, now, spared)
            if silence is not None:
                return Untold(StateReason.SILENCED, silence.id)
        return Told(
            alert_,
            None if known is None else known.first_message_id,
            None if known is None else known.last_message_id,
        )

    def _is_stale(self, item: Delivery, part: Part, alert_: Alert) -> bool:
        """Whether an alert has nothing to say: its reader knows it, or it concerns them no more."""
        if alert_.kind is Kind.UPDATE:
            return not alert_.changes
        if part.kind is Kind.UPDATE:
            # What never arrived needs no correction, and its watch may hold no longer.
            return not any(item.reason.holds for item in alert_.matched)
        return alert_.kind is Kind.NEW and self._told_before_split(item, part, alert_.incident)

    def _told_before_split(self, item: Delivery, part: Part, split_off: Incident) -> bool:
        """Whether a reader was told all of it while it was still part of another incident."""
        changes, parted_from = self.connection.execute(
            sa.select(incident_revision.c.changes, incident.c.parted_from)
            .join(incident, incident.c.id == incident_revision.c.incident_id)
            .where(
                incident_revision.c.incident_id == part.incident,
                incident_revision.c.revision == part.revision,
            )
        ).one()
        if parted_from is None or Change.SPLIT not in codec.loads(list[str], changes):
            return False
        known = self.connection.execute(
            sa.select(told.c.told_incident_id, told.c.revision).where(
                told.c.subscriber_id == part.subscriber,
                told.c.incident_id == self.final_id(parted_from),
                told.c.channel == item.channel,
            )
        ).first()
        return known is not None and not assemble.changes(
            self.revision(known[0], known[1]), split_off
        )

    def _known_by(
        self, item: Delivery, part: Part, known: sa.Row[Any]
    ) -> tuple[tuple[int, int], ...]:
        """The revisions that a person was told: of an incident, and of what it has absorbed."""
        absorbed = self.connection.execute(
            sa.select(told.c.told_incident_id, told.c.revision)
            .join(incident, incident.c.id == told.c.incident_id)
            .where(
                incident.c.merged_into == self.final_id(part.incident),
                told.c.subscriber_id == part.subscriber,
                told.c.channel == item.channel,
            )
        )
        return ((known.told_incident_id, known.revision), *((row[0], row[1]) for row in absorbed))

    def _silence(
        self, subscriber_id: int, incident_id: int, alert_: Alert, now: datetime, spared: int | None
    ) -> Silence | None:
        live = [x for x in self.live_silences(subscriber_id, now) if x.id != spared]
        if not live:
            return None
        ref = self.connection.execute(
            sa.select(incident.c.ref).where(incident.c.id == incident_id)
        ).scalar_one()
        return covering(live, alert_.incident, ref, alert_.matched)

    def _alert(
        self,
        kind: Kind,
        reader: Reader,
        part: Part,
        known: Sequence[tuple[int, int]],
        now: datetime,
    ) -> Alert:
        published, first_contact = self.connection.execute(
            sa.select(sa.func.max(fanout.c.published), sa.func.min(fanout.c.first_contact)).where(
                fanout.c.incident_id == part.incident, fanout.c.revision == part.revision
            )
        ).one()
        after = self.revision(part.incident, part.revision)
        found = self.revisions(known) if known else {}
        before = assemble.known_by([found[one] for one in known], after) if known else None
        changes = frozenset() if before is None else self._changes(part, known, before, after)
        matched = self._matched(part.subscriber, part.incident, part.revision)
        if Change.SPLIT in changes:  # the watch may be about what has left the incident
            matched = tuple(item for item in matched if item.reason.holds)
        return Alert(
            kind=kind,
            reader=reader,
            incident=after,
            matched=matched,
            before=before,
            changes=changes,
            # What a new source said before it was known here is old, and not our delay.
            late=now - (part.made_at if first_contact else published or part.made_at) > LATE,
            now=now,
        )

    def _changes(
        self, part: Part, known: Sequence[tuple[int, int]], before: Incident, after: Incident
    ) -> frozenset[Change]:
        """What is new to a person, and whether an operator's split took away what they knew."""
        corrections = self.connection.execute(
            sa.select(fanout.c.terms).where(
                fanout.c.incident_id == part.incident,
                fanout.c.revision <= part.revision,
                fanout.c.criteria_id.is_(None),
                fanout.c.split,
            )
        ).scalars()
        pairs = {pair for text in corrections for pair in codec.loads(list[tuple[int, int]], text)}
        split = not pairs.isdisjoint(known) and lost(before, after)
        return assemble.changes(before, after) | ({Change.SPLIT} if split else frozenset())

    def _maybe_told(self, item: Delivery, part: Part) -> bool:
        """Whether an earlier message on the incident, alone or in a digest, may have arrived."""
        found = self.connection.execute(
            sa.select(delivery.c.id)
            .join(delivery_alert, delivery_alert.c.delivery_id == delivery.c.id)
            .join(alert, alert.c.id == delivery_alert.c.alert_id)
            .where(
                alert.c.subscriber_id == part.subscriber,
                alert.c.incident_id == part.incident,
                by_channel(item.channel),
                delivery.c.id < item.id,
                delivery.c.maybe_sent,
            )
        )
        return found.first() is not None


def _fitting(kind: Kind, *, is_told: bool) -> Kind:
    """The kind that fits what the person was really told meanwhile."""
    if kind is Kind.NEW and is_told:
        return Kind.UPDATE
    if kind is Kind.UPDATE and not is_told:
        return Kind.NEW
    return kind


def part_of(row: sa.RowMapping) -> Part:
    """The part that a row of the alerts is."""
    return Part(
        subscriber=row["subscriber_id"],
        incident=row["incident_id"],
        revision=row["revision"],
        kind=Kind(row["kind"]),
        made_at=row["created_at"],
        alert=row["id"],
    )
