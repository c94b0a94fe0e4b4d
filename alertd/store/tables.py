"""The tables.  Rows never leave this package; its verbs speak core values.

Texts that hold core values are JSON written by ``core.codec``, so that equal values are equal
bytes in both databases.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Final, cast

from pydantic.fields import FieldInfo
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig
from sqlmodel.main import get_column_from_field

from alertd.core.outbox import State, StateReason
from alertd.core.people import Kind

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; a naive one is refused, since nobody could say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times and store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was given to the store")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Give back UTC whatever the database kept of the zone."""
        del dialect
        if value is None:
            return None
        moment = cast("datetime", value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


METADATA: Final = MetaData(naming_convention=NAMING)


class Row(SQLModel):
    """What all tables share.

    Rows are never objects here: they are written and read by Core statements, so the models
    only describe the tables, and no mapper has to be set up each time a command starts.
    """

    model_config = SQLModelConfig(defer_build=True)
    __table_args__: ClassVar[tuple[object, ...]] = ()


def _one_of(column: str, values: type[State | StateReason | Kind]) -> CheckConstraint:
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)


def _key(table: str, **kwargs: Any) -> Any:  # noqa: ANN401 - what SQLModel's Field takes and gives
    return Field(sa_column_args=[ForeignKey(f"{table}.id", ondelete="CASCADE")], **kwargs)


class MetaRow(Row):
    """Facts about the store itself, the secret of its message ids among them."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class SourceRow(Row):
    """What is known of one source: validators, health, when it is due."""

    __tablename__ = "source"
    name: str = Field(primary_key=True)
    url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    killer_hash: str | None = None
    contacted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    succeeded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    full_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    item_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wait_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0
    kills: int = 0
    items: int = 0
    suspended: bool = False
    error: str | None = Field(default=None, sa_type=Text)


class ReportRow(Row):
    """One item of one source; ``fresh`` until an incident knows its newest version."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("source", "key"),
        Index("ix_report_fresh", "id", sqlite_where=text("fresh = 1")),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    source: str
    key: str
    publisher: str
    tier: str
    dated: str
    version: int = 1
    content_hash: str
    first_seen: datetime = Field(sa_type=UtcDateTime)
    first_contact: bool
    polled_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fresh: bool = True


class ReportVersionRow(Row):
    """What one version of a report said, and what was read from it."""

    __tablename__ = "report_version"
    report_id: int = _key("report", primary_key=True)
    version: int = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    report: str = Field(sa_type=Text)
    reading: str = Field(sa_type=Text)


class IncidentRow(Row):
    """One breach as it stands; ``touched`` grows with each write."""

    __tablename__ = "incident"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(unique=True)
    revision: int
    touched: int = 0
    news: bool
    merged_into: int | None = Field(
        default=None, sa_column_args=[ForeignKey("incident.id", ondelete="SET NULL")]
    )
    published: datetime = Field(sa_type=UtcDateTime, index=True)
    snapshot: str = Field(sa_type=Text)


class IncidentRevisionRow(Row):
    """An incident as it was at one revision: what people were told."""

    __tablename__ = "incident_revision"
    incident_id: int = _key("incident", primary_key=True)
    revision: int = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    changes: str = Field(sa_type=Text)
    snapshot: str = Field(sa_type=Text)


class IncidentKeyRow(Row):
    """A look-up key by which an incident is found when a report comes."""

    __tablename__ = "incident_key"
    key: str = Field(primary_key=True)
    incident_id: int = _key("incident", primary_key=True, index=True)


class IncidentReportRow(Row):
    """A part of a report joined to an incident, and why."""

    __tablename__ = "incident_report"
    report_id: int = _key("report", primary_key=True)
    part: int = Field(primary_key=True)
    incident_id: int = _key("incident", index=True)
    version: int
    linked_by: str = "machine"
    reason: str = Field(sa_type=Text)


class SubscriberRow(Row):
    """Who is told; inactive ones keep what they were told."""

    __tablename__ = "subscriber"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    email: str | None = None
    language: str
    country: str | None = None
    timezone: str
    role: str
    discreet: bool = False
    managed_by: str
    active: bool = True
    digest: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class RouteRow(Row):
    """One way to a subscriber; ``address`` is whom the channel sends to."""

    __tablename__ = "route"
    subscriber_id: int = _key("subscriber", primary_key=True)
    position: int = Field(primary_key=True)
    channel: str
    address: str
    send_when: str = "now"
    on_new: bool = True
    on_update: bool = True
    on_withdrawn: bool = True
    min_rank: int = 0
    quiet: str | None = None
    quiet_except_rank: int | None = None


class CriteriaRow(Row):
    """What watches ask for, stored once for all that ask the same."""

    __tablename__ = "criteria"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    content: str = Field(sa_type=Text)


class TermRow(Row):
    """An indexed look-up key of criteria."""

    __tablename__ = "term"
    __table_args__ = (Index("ix_term_criteria_id", "criteria_id"),)
    field: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    criteria_id: int = _key("criteria", primary_key=True)
    anchor: bool


class WatchRow(Row):
    """One interest of one subscriber."""

    __tablename__ = "watch"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "name"),
        Index("ix_watch_criteria_id_id", "criteria_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = _key("subscriber")
    name: str
    criteria_id: int = _key("criteria")
    wish: str = Field(sa_type=Text)
    managed_by: str


class WatchTermRow(Row):
    """Since when a watch holds a term: what was seen before never alerts it."""

    __tablename__ = "watch_term"
    watch_id: int = _key("watch", primary_key=True)
    field: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)


class FanoutRow(Row):
    """Criteria to be told of an incident revision; ``reach`` is how far expansion got."""

    __tablename__ = "fanout"
    __table_args__ = (
        UniqueConstraint("incident_id", "revision", "criteria_id"),
        Index("ix_fanout_open", "id", sqlite_where=text("done = 0")),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = _key("incident")
    revision: int
    criteria_id: int | None = None
    holds: bool
    news: bool
    concerns: bool
    first_contact: bool
    severity_rank: int
    seen_at: datetime = Field(sa_type=UtcDateTime)
    published: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(sa_type=Text)
    terms: str = Field(sa_type=Text)
    reach: int = 0
    done: bool = False


class AlertRow(Row):
    """One subscriber, one incident revision."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "incident_id", "revision"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = _key("subscriber")
    incident_id: int = _key("incident", index=True)
    revision: int
    kind: str
    first_contact: bool
    created_at: datetime = Field(sa_type=UtcDateTime)


class AlertWatchRow(Row):
    """Which watch of the subscriber matched, and by which fan-out."""

    __tablename__ = "alert_watch"
    alert_id: int = _key("alert", primary_key=True)
    fanout_id: int = _key("fanout", primary_key=True)
    watch: str = Field(primary_key=True)


class DeliveryRow(Row):
    """One message on its way: the outbox."""

    __tablename__ = "delivery"
    __table_args__ = (
        _one_of("state", State),
        _one_of("state_reason", StateReason),
        _one_of("kind", Kind),
        Index("ix_delivery_channel_state_due_at", "channel", "state", "due_at"),
        Index("ix_delivery_subscriber_id_incident_id", "subscriber_id", "incident_id"),
        Index("ix_delivery_incident_id", "incident_id"),
        Index("ix_delivery_state_due_at", "state", "due_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    dedup_key: str = Field(unique=True)
    kind: str
    subscriber_id: int | None = _key("subscriber", default=None)
    incident_id: int | None = _key("incident", default=None)
    revision: int | None = None
    channel: str
    address: str
    route: int | None = None
    state: str
    state_reason: str | None = None
    attempts: int = 0
    crashes: int = 0
    maybe_sent: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    owner: str | None = None
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_answer: str | None = Field(default=None, sa_type=Text)
    content: str | None = Field(default=None, sa_type=Text)
    silence_id: int | None = Field(
        default=None,
        sa_column_args=[ForeignKey("silence.id", ondelete="SET NULL")],
        index=True,
    )


class SilenceRow(Row):
    """What shall not be told for a time: an incident, an organisation or a watch.

    ``target`` is the incident's name, the organisation's folded name or the watch's name;
    ``shown`` is as it was written.  ``ended`` once its end, and what it held, has been told.
    """

    __tablename__ = "silence"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True)
    scope: str
    target: str
    shown: str
    subscriber_id: int | None = _key("subscriber", default=None)
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    why: str | None = None
    ended: bool = False


class DeliveryAlertRow(Row):
    """Which alerts a message holds; a digest holds many."""

    __tablename__ = "delivery_alert"
    delivery_id: int = _key("delivery", primary_key=True)
    alert_id: int = _key("alert", primary_key=True, index=True)


class ToldRow(Row):
    """What a person was really told of an incident through one channel.

    ``told_incident_id`` and ``revision`` name the facts told: those of an incident that has
    been joined to this one since keep their own number.
    """

    __tablename__ = "told"
    subscriber_id: int = _key("subscriber", primary_key=True)
    incident_id: int = _key("incident", primary_key=True, index=True)
    channel: str = Field(primary_key=True)
    told_incident_id: int
    revision: int
    first_message_id: str
    last_message_id: str
    told_at: datetime = Field(sa_type=UtcDateTime)


class SuppressionRow(Row):
    """A person's own no, as a keyed hash of the address or of the name.

    ``lifted_at`` and ``consent`` say when and by which words of theirs it ended.
    """

    __tablename__ = "suppression"
    digest: str = Field(primary_key=True)
    why: str
    since: datetime = Field(sa_type=UtcDateTime)
    lifted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    consent: str | None = Field(default=None, sa_type=Text)


class ChannelRow(Row):
    """Whether a channel may be used now."""

    __tablename__ = "channel"
    name: str = Field(primary_key=True)
    suspended: bool = False
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resume_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer: str | None = Field(default=None, sa_type=Text)


def _table(row: type[Row]) -> Table:
    parts = row.__table_args__
    options: dict[str, Any] = next((part for part in parts if isinstance(part, dict)), {})
    rest = [part for part in parts if isinstance(part, SchemaItem)]
    columns = [_column(name, field) for name, field in row.model_fields.items()]
    return Table(str(row.__tablename__), METADATA, *columns, *rest, **options)


def _column(name: str, field: FieldInfo) -> Column[Any]:
    column: Column[Any] = get_column_from_field(field)
    column.name = column.key = name
    return column


meta: Final = _table(MetaRow)
source: Final = _table(SourceRow)
report: Final = _table(ReportRow)
report_version: Final = _table(ReportVersionRow)
incident: Final = _table(IncidentRow)
incident_revision: Final = _table(IncidentRevisionRow)
incident_key: Final = _table(IncidentKeyRow)
incident_report: Final = _table(IncidentReportRow)
subscriber: Final = _table(SubscriberRow)
route: Final = _table(RouteRow)
criteria: Final = _table(CriteriaRow)
term: Final = _table(TermRow)
watch: Final = _table(WatchRow)
watch_term: Final = _table(WatchTermRow)
fanout: Final = _table(FanoutRow)
alert: Final = _table(AlertRow)
alert_watch: Final = _table(AlertWatchRow)
silence: Final = _table(SilenceRow)
delivery: Final = _table(DeliveryRow)
delivery_alert: Final = _table(DeliveryAlertRow)
told: Final = _table(ToldRow)
suppression: Final = _table(SuppressionRow)
channel: Final = _table(ChannelRow)
