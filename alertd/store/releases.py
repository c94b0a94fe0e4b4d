"""What waits for its time, and what was sent lately: all that a release is judged by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from alertd.core.model import Severity
from alertd.core.people import Kind
from alertd.core.release import Recent, Waiting
from alertd.store.reports import chunks
from alertd.store.rows import UtcDateTime
from alertd.store.silences import ReadSilences
from alertd.store.tables import alert, delivery, fanout, route, subscriber

BATCH: Final = 5_000
ALERTS: Final = (Kind.NEW.value, Kind.UPDATE.value, Kind.WITHDRAWN.value)
DIGESTED: Final = ("digest", "cap")
"""Why a message is held that becomes part of a digest."""
_RANKS: Final = tuple(Severity)


@dataclass(frozen=True, slots=True)
class NextDigest:
    """When the next digest goes, and to how many people."""

    at: datetime
    people: int


class ReadReleases(ReadSilences):
    """Questions about when messages go."""

    def to_release(self) -> tuple[Waiting, ...]:
        """Messages to people that have no time yet, those of one person side by side."""
        rows = (
            self.connection.execute(
                sa.select(
                    delivery.c.id,
                    delivery.c.kind,
                    delivery.c.subscriber_id,
                    delivery.c.channel,
                    delivery.c.incident_id,
                    delivery.c.revision,
                    route.c.send_when,
                    route.c.quiet,
                    route.c.quiet_except_rank,
                    subscriber.c.timezone,
                    alert.c.first_contact,
                )
                .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
                .outerjoin(
                    route,
                    sa.and_(
                        route.c.subscriber_id == delivery.c.subscriber_id,
                        route.c.channel == delivery.c.channel,
                    ),
                )
                .outerjoin(alert, _same_alert())
                .where(delivery.c.state == "waiting", delivery.c.due_at.is_(None))
                .order_by(delivery.c.subscriber_id, delivery.c.id)
                .limit(BATCH)
            )
            .mappings()
            .all()
        )
        about = {(row["incident_id"], row["revision"]) for row in rows if row["incident_id"]}
        severities = {key: item.severity for key, item in self.revisions(sorted(about)).items()}
        published = self._published(about)
        return tuple(_waiting(row, severities, published) for row in rows)

    def recent(self, people: Collection[int], now: datetime, since: datetime) -> tuple[Recent, ...]:
        """What went to people after ``since``, is on its way, or went into a digest."""
        found: list[Recent] = []
        for some in chunks(sorted(people)):
            rows = self.connection.execute(
                sa.select(
                    delivery.c.id,
                    delivery.c.subscriber_id,
                    delivery.c.channel,
                    delivery.c.incident_id,
                    delivery.c.revision,
                    delivery.c.state,
                    delivery.c.sent_at,
                    sa.and_(
                        alert.c.first_contact.is_not(None),
                        alert.c.first_contact,
                        alert.c.created_at > since,
                    ).label("first"),
                )
                .outerjoin(alert, _same_alert())
                .where(
                    delivery.c.subscriber_id.in_(some),
                    delivery.c.kind.in_((*ALERTS, Kind.DIGEST.value)),
                    delivery.c.due_at.is_not(None),
                    sa.or_(
                        delivery.c.sent_at > since,
                        delivery.c.state.in_(("waiting", "sending")),
                        sa.and_(delivery.c.state == "suppressed", alert.c.created_at > since),
                    ),
                )
            )
            found += [_recent(row, now) for row in rows.mappings()]
        return tuple(found)

    def held(self) -> Mapping[str, int]:
        """How many messages are held, by why."""
        rows = self.connection.execute(
            sa.select(delivery.c.state_reason, sa.func.count())
            .where(delivery.c.state == "held")
            .group_by(delivery.c.state_reason)
        )
        return {row[0] or "": row[1] for row in rows}

    def next_digest(self) -> NextDigest | None:
        """The next digest that is being held together; None when nothing is."""
        row = self.connection.execute(
            sa.select(
                sa.type_coerce(delivery.c.due_at, UtcDateTime).label("at"),
                sa.func.count(delivery.c.subscriber_id.distinct()).label("people"),
            )
            .where(delivery.c.state == "held", delivery.c.state_reason.in_(DIGESTED))
            .group_by(delivery.c.due_at)
            .order_by(delivery.c.due_at)
            .limit(1)
        ).first()
        return None if row is None else NextDigest(row.at, row.people)

    def _published(self, about: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], datetime]:
        rows = self.connection.execute(
            sa.select(
                fanout.c.incident_id,
                fanout.c.revision,
                sa.func.max(fanout.c.published, type_=UtcDateTime),
            )
            .where(sa.tuple_(fanout.c.incident_id, fanout.c.revision).in_(sorted(about)))
            .group_by(fanout.c.incident_id, fanout.c.revision)
        )
        return {(row[0], row[1]): row[2] for row in rows}


def by_channel(name: str) -> sa.ColumnElement[bool]:
    """Of that channel, told in a way that no index of channels is searched for.

    For questions on one person: SQLite takes the channel's index by itself, and a channel holds
    as many messages as there are, a person few.
    """
    return delivery.c.channel.concat("") == name


def _same_alert() -> sa.ColumnElement[bool]:
    return sa.and_(
        alert.c.subscriber_id == delivery.c.subscriber_id,
        alert.c.incident_id == delivery.c.incident_id,
        alert.c.revision == delivery.c.revision,
    )


def _waiting(
    row: sa.RowMapping,
    severities: Mapping[tuple[int, int], Severity],
    published: Mapping[tuple[int, int], datetime],
) -> Waiting:
    about = (row["incident_id"] or 0, row["revision"] or 0)
    rank = row["quiet_except_rank"]
    return Waiting(
        delivery=row["id"],
        kind=Kind(row["kind"]),
        severity=severities.get(about, Severity.INFO),
        when=row["send_when"] or "now",
        quiet=row["quiet"],
        quiet_except=None if rank is None else _RANKS[rank],
        timezone=row["timezone"],
        subscriber=row["subscriber_id"],
        channel=row["channel"],
        about=about,
        first_contact=bool(row["first_contact"]),
        published=published.get(about),
    )


def _recent(row: Mapping[str, Any] | sa.RowMapping, now: datetime) -> Recent:
    """A digest counts as one message, under a number that no incident has."""
    replaced = row["state"] == "suppressed"
    return Recent(
        subscriber=row["subscriber_id"],
        channel=row["channel"],
        about=(row["incident_id"] or -row["id"], row["revision"] or 0),
        at=None if replaced else row["sent_at"] or now,
        first_contact=bool(row["first"]),
    )
