"""From an incident revision to one row per message: set by set, in SQL, with a cursor."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.people import Kind
from alertd.store.engine import ignoring
from alertd.store.people import WritePeople
from alertd.store.plans import itself_and_absorbed
from alertd.store.rows import UtcDateTime
from alertd.store.tables import (
    alert,
    alert_watch,
    delivery,
    delivery_alert,
    fanout,
    incident,
    route,
    told,
    watch,
    watch_term,
)

_UNSENT: Final = ("waiting", "held")


class WriteFanouts(WritePeople):
    """Expansion of fan-outs to people."""

    def expand(self, now: datetime, *, limit: int) -> bool:
        """Turn the next chunk of the oldest open fan-out into messages; False when none is open."""
        row = (
            self.connection.execute(
                sa.select(fanout, incident.c.ref, incident.c.merged_into, incident.c.parted_from)
                .join(incident, incident.c.id == fanout.c.incident_id)
                .where(~fanout.c.done)
                .order_by(fanout.c.id)
                .limit(1)
            )
            .mappings()
            .first()
        )
        if row is None:
            return False
        if row["criteria_id"] is None and not row["split"] and row["reach"] == 0:
            _Chunk(self.connection, row, 0, now).withdraw_unsent()
        reach = self._chunk_end(row, limit)
        if reach is None or row["merged_into"] is not None:
            self._mark(row["id"], done=True)
        else:
            _Chunk(self.connection, row, reach, now).write()
            self._mark(row["id"], reach=reach)
        return True

    def _chunk_end(self, row: sa.RowMapping, limit: int) -> int | None:
        if row["criteria_id"] is None:
            found = _told_or_maybe(row["incident_id"], row["reach"]).subquery()
        else:
            ids = sa.select(watch.c.id.label("id")).where(
                watch.c.criteria_id == row["criteria_id"], watch.c.id > row["reach"]
            )
            found = ids.subquery()
        some = sa.select(found.c.id).distinct().order_by(found.c.id).limit(limit).subquery()
        return cast(
            "int | None", self.connection.execute(sa.select(sa.func.max(some.c.id))).scalar()
        )

    def _mark(self, fanout_id: int, **values: object) -> None:
        self.connection.execute(sa.update(fanout).where(fanout.c.id == fanout_id).values(**values))


def _told_or_maybe(incident_id: int, reach: int) -> sa.CompoundSelect[int]:
    """Who was told of an incident, or may have been."""
    return sa.union(
        sa.select(told.c.subscriber_id.label("id")).where(
            told.c.incident_id == incident_id, told.c.subscriber_id > reach
        ),
        sa.select(delivery.c.subscriber_id.label("id")).where(
            delivery.c.incident_id.in_(itself_and_absorbed(incident_id)),
            delivery.c.subscriber_id > reach,
            sa.or_(delivery.c.state == "sending", delivery.c.maybe_sent),
        ),
        sa.select(alert.c.subscriber_id.label("id")).where(
            alert.c.incident_id.in_(itself_and_absorbed(incident_id)),
            alert.c.subscriber_id > reach,
            _in_digest(sa.or_(delivery.c.state == "sending", delivery.c.maybe_sent)),
        ),
    )


def _in_digest(how: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether an alert is part of a digest that stands so."""
    return sa.exists().where(
        delivery_alert.c.alert_id == alert.c.id,
        delivery.c.id == delivery_alert.c.delivery_id,
        delivery.c.kind == Kind.DIGEST.value,
        how,
    )


class _Chunk:
    """One stretch of watches (or of people, for a withdrawal) of one fan-out."""

    def __init__(
        self, connection: sa.Connection, row: sa.RowMapping, reach: int, now: datetime
    ) -> None:
        self._run = connection.execute
        self._connection = connection
        self._row = row
        self._reach = reach
        self._now = sa.literal(now, UtcDateTime)

    def write(self) -> None:
        """Write alerts, their reasons and messages, and set aside what they replace."""
        if self._row["criteria_id"] is None and not self._row["split"]:
            self._alerts(self._retracted())
            self._deliveries(self._retracted())
        elif self._row["criteria_id"] is None:
            self._alerts(self._corrected())
            self._deliveries(self._corrected())
            self._set_aside("superseded", self._has_newer())
        else:
            self._alerts(self._concerned())
            self._reasons()
            self._deliveries(self._concerned())
            self._set_aside("superseded", self._replaced())

    def withdraw_unsent(self) -> None:
        """Set aside what nobody has been sent: a correction of it would frighten for nothing."""
        self._set_aside("withdrawn-unsent", sa.true())

    def _concerned(self) -> sa.Subquery:
        """Routes that this revision is for, with what was told through each."""
        row = self._row
        unsent = sa.exists().where(
            delivery.c.subscriber_id == watch.c.subscriber_id,
            delivery.c.channel == route.c.channel,
            self._replaceable(delivery),
            delivery.c.state.in_((*_UNSENT, "sending")),
        )
        digested = sa.exists().where(
            alert.c.subscriber_id == watch.c.subscriber_id,
            self._replaceable(alert),
            _in_digest(
                sa.and_(
                    delivery.c.channel == route.c.channel,
                    delivery.c.state.in_((*_UNSENT, "sending")),
                )
            ),
        )
        is_told = told.c.subscriber_id.is_not(None)
        stale = sa.and_(sa.literal(row["split"]), sa.or_(unsent, digested))
        update = sa.and_(is_told, sa.or_(sa.literal(row["concerns"]), stale), route.c.on_update)
        first = sa.and_(
            ~is_told,
            sa.literal(row["holds"]),
            route.c.on_new,
            sa.or_(sa.and_(sa.literal(row["news"]), self._old_enough()), unsent, digested),
        )
        return (
            sa.select(
                watch.c.subscriber_id,
                route.c.channel,
                route.c.address,
                route.c.position,
                sa.case((is_told, "update"), else_="new").label("kind"),
            )
            .distinct()
            .select_from(
                watch.join(route, route.c.subscriber_id == watch.c.subscriber_id).outerjoin(
                    told, self._told_here(watch.c.subscriber_id)
                )
            )
            .where(
                self._in_chunk(watch.c.id),
                watch.c.criteria_id == row["criteria_id"],
                route.c.min_rank <= row["severity_rank"],
                sa.or_(update, first),
            )
            .subquery()
        )

    def _retracted(self) -> sa.Subquery:
        """Routes through which the incident was told, or may have been."""
        told_so = told.c.subscriber_id.is_not(None)
        return self._reached("withdrawn", route.c.on_withdrawn, told_so)

    def _corrected(self) -> sa.Subquery:
        """Routes through which somebody was told a fact that a split has taken away, or may be."""
        pairs = codec.loads(list[tuple[int, int]], self._row["terms"])
        told_so = sa.tuple_(told.c.told_incident_id, told.c.revision).in_(pairs)
        return self._reached("update", sa.or_(route.c.on_update, route.c.on_withdrawn), told_so)

    def _reached(
        self, kind: str, wanted: sa.ColumnElement[bool], told_so: sa.ColumnElement[bool]
    ) -> sa.Subquery:
        row = self._row
        maybe = sa.exists().where(
            delivery.c.subscriber_id == route.c.subscriber_id,
            delivery.c.incident_id.in_(itself_and_absorbed(row["incident_id"])),
            delivery.c.channel == route.c.channel,
            sa.or_(delivery.c.state == "sending", delivery.c.maybe_sent),
        )
        digested = sa.exists().where(
            alert.c.subscriber_id == route.c.subscriber_id,
            alert.c.incident_id.in_(itself_and_absorbed(row["incident_id"])),
            _in_digest(
                sa.and_(
                    delivery.c.channel == route.c.channel,
                    sa.or_(delivery.c.state == "sending", delivery.c.maybe_sent),
                )
            ),
        )
        return (
            sa.select(
                route.c.subscriber_id,
                route.c.channel,
                route.c.address,
                route.c.position,
                sa.literal(kind).label("kind"),
            )
            .distinct()
            .select_from(route.outerjoin(told, self._told_here(route.c.subscriber_id)))
            .where(
                self._in_chunk(route.c.subscriber_id),
                wanted,
                sa.or_(told_so, maybe, digested),
            )
            .subquery()
        )

    def _told_here(self, person: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        return sa.and_(
            told.c.subscriber_id == person,
            told.c.incident_id == self._row["incident_id"],
            told.c.channel == route.c.channel,
        )

    def _in_chunk(self, column: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        return sa.and_(column > self._row["reach"], column <= self._reach)

    def _old_enough(self) -> sa.ColumnElement[bool]:
        """Each field that held did so by a term made before the report was first seen."""
        pairs = [
            (field, key) for field, key in codec.loads(list[tuple[str, str]], self._row["terms"])
        ]
        fields = {field for field, _ in pairs}
        held = (
            sa.select(sa.func.count(watch_term.c.field.distinct()))
            .where(
                watch_term.c.watch_id == watch.c.id,
                sa.tuple_(watch_term.c.field, watch_term.c.key).in_(pairs),
                watch_term.c.since <= self._row["seen_at"],
            )
            .scalar_subquery()
        )
        return held == len(fields)

    def _alerts(self, people: sa.Subquery) -> None:
        row = self._row
        chosen = sa.select(
            people.c.subscriber_id,
            sa.literal(row["incident_id"]),
            sa.literal(row["revision"]),
            sa.func.min(people.c.kind),
            sa.literal(row["first_contact"]),
            self._now,
        )
        # Without a condition SQLite reads ON CONFLICT as the ON of a join.
        chosen = chosen.where(people.c.subscriber_id.is_not(None)).group_by(people.c.subscriber_id)
        columns = [
            "subscriber_id",
            "incident_id",
            "revision",
            "kind",
            "first_contact",
            "created_at",
        ]
        self._run(ignoring(self._connection, alert).from_select(columns, chosen))

    def _reasons(self) -> None:
        """Every watch of those alerted that matched, by whichever fan-out of the revision."""
        row = self._row
        here = sa.select(watch.c.subscriber_id).where(
            watch.c.criteria_id == row["criteria_id"], self._in_chunk(watch.c.id)
        )
        matched = sa.and_(
            fanout.c.criteria_id == watch.c.criteria_id,
            fanout.c.incident_id == row["incident_id"],
            fanout.c.revision == row["revision"],
        )
        chosen = (
            sa.select(alert.c.id, fanout.c.id, watch.c.name)
            .join(watch, watch.c.subscriber_id == alert.c.subscriber_id)
            .join(fanout, matched)
            .where(self._here(alert), alert.c.subscriber_id.in_(here))
        )
        self._run(
            ignoring(self._connection, alert_watch).from_select(
                ["alert_id", "fanout_id", "watch"], chosen
            )
        )

    def _deliveries(self, routes: sa.Subquery) -> None:
        row = self._row
        prefix = f"a/{row['ref']}/{row['revision']}/"
        key = (
            sa.literal(prefix)
            + sa.cast(routes.c.subscriber_id, sa.String)
            + sa.literal("/")
            + routes.c.channel
        )
        chosen = sa.select(
            key,
            routes.c.kind,
            routes.c.subscriber_id,
            sa.literal(row["incident_id"]),
            sa.literal(row["revision"]),
            routes.c.channel,
            routes.c.address,
            routes.c.position,
            sa.literal("waiting"),
            sa.literal(0),
            sa.literal(0),
            sa.false(),
            self._now,
        ).where(routes.c.subscriber_id.is_not(None))  # see _alerts
        columns = [
            "dedup_key",
            "kind",
            "subscriber_id",
            "incident_id",
            "revision",
            "channel",
            "address",
            "route",
            "state",
            "attempts",
            "crashes",
            "maybe_sent",
            "created_at",
        ]
        self._run(ignoring(self._connection, delivery).from_select(columns, chosen))
        held = (
            sa.select(delivery.c.id, alert.c.id)
            .join(alert, alert.c.subscriber_id == delivery.c.subscriber_id)
            .where(self._here(delivery), self._here(alert))
        )
        self._run(
            ignoring(self._connection, delivery_alert).from_select(
                ["delivery_id", "alert_id"], held
            )
        )

    def _replaced(self) -> sa.ColumnElement[bool]:
        """Whether a message has a newer one, or is for a watch that holds no longer."""
        row = self._row
        if row["holds"]:
            return self._has_newer()
        watchers = sa.select(watch.c.subscriber_id).where(
            watch.c.criteria_id == row["criteria_id"], self._in_chunk(watch.c.id)
        )
        return sa.or_(self._has_newer(), delivery.c.subscriber_id.in_(watchers))

    def _has_newer(self) -> sa.ColumnElement[bool]:
        newer = delivery.alias("newer")
        return sa.exists().where(
            newer.c.subscriber_id == delivery.c.subscriber_id,
            newer.c.incident_id == self._row["incident_id"],
            newer.c.channel == delivery.c.channel,
            newer.c.revision == self._row["revision"],
        )

    def _set_aside(self, reason: str, which: sa.ColumnElement[bool]) -> None:
        self._run(
            sa.update(delivery)
            .where(self._older(delivery), delivery.c.state.in_(_UNSENT), which)
            .values(state="suppressed", state_reason=reason)
        )

    def _older(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Rows of earlier revisions, those of incidents joined to this one among them."""
        row = self._row
        absorbed = sa.select(incident.c.id).where(incident.c.merged_into == row["incident_id"])
        return sa.or_(
            sa.and_(table.c.incident_id == row["incident_id"], table.c.revision < row["revision"]),
            table.c.incident_id.in_(absorbed),
        )

    def _replaceable(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """Rows that stand for this revision: older ones, those it was split from among them."""
        parted_from = self._row["parted_from"]
        if parted_from is None or not self._row["split"]:
            return self._older(table)
        return sa.or_(self._older(table), table.c.incident_id.in_(itself_and_absorbed(parted_from)))

    def _here(self, table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.and_(
            table.c.incident_id == self._row["incident_id"],
            table.c.revision == self._row["revision"],
        )
