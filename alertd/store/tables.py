"""The tables.  Rows never leave this package; its verbs speak core values.

Texts that hold core values are JSON written by ``core.codec``, so that equal values are equal
bytes in both databases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from alertd.core.outbox import State, StateReason
from alertd.core.people import Kind
from alertd.store.rows import Row, UtcDateTime, key_of, one_of, table_of


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
    report_id: int = key_of("report", primary_key=True)
    version: int = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    report: str = Field(sa_type=Text)
    reading: str = Field(sa_type=Text)


class IncidentRow(Row):
    """One breach as it stands; ``touched`` grows with each write.

    ``parted_from`` is the incident that an operator has split it from: whoever waits to be
    told of that one is told of this one, too.
    """

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
    parted_from: int | None = Field(
        default=None, sa_column_args=[ForeignKey("incident.id", ondelete="SET NULL")]
    )
    published: datetime = Field(sa_type=UtcDateTime, index=True)
    snapshot: str = Field(sa_type=Text)


class IncidentRevisionRow(Row):
    """An incident as it was at one revision: what people were told."""

    __tablename__ = "incident_revision"
    incident_id: int = key_of("incident", primary_key=True)
    revision: int = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    changes: str = Field(sa_type=Text)
    snapshot: str = Field(sa_type=Text)


class IncidentKeyRow(Row):
    """A look-up key by which an incident is found when a report comes."""

    __tablename__ = "incident_key"
    key: str = Field(primary_key=True)
    incident_id: int = key_of("incident", primary_key=True, index=True)


class IncidentReportRow(Row):
    """A part of a report joined to an incident, and why.

    ``side`` is the incident that the machine had joined it to: what an operator has merged
    keeps its sides, so that a later report has to be like one of them only.
    """

    __tablename__ = "incident_report"
    report_id: int = key_of("report", primary_key=True)
    part: int = Field(primary_key=True)
    incident_id: int = key_of("incident", index=True)
    side: int
    version: int
    linked_by: str = "machine"
    reason: str = Field(sa_type=Text)


class AftermathRow(Row):
    """A report on what followed from an incident: a fine, a suit, an arrest."""

    __tablename__ = "aftermath"
    report_id: int = key_of("report", primary_key=True)
    incident_id: int = key_of("incident", index=True)
    version: int


class OperatorVerdictRow(Row):
    """What an operator has said of reports: the same event or another; kept for good.

    ``ours`` are the parts of reports that stayed, ``theirs`` those that were moved.
    """

    __tablename__ = "operator_verdict"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True)
    relation: str
    decided_at: datetime = Field(sa_type=UtcDateTime)
    incident_id: int = key_of("incident", index=True)
    other_id: int = key_of("incident", index=True)
    ours: str = Field(sa_type=Text)
    theirs: str = Field(sa_type=Text)


class ApartRow(Row):
    """Two parts of reports that an operator has split, in both directions."""

    __tablename__ = "apart"
    report_id: int = key_of("report", primary_key=True)
    part: int = Field(primary_key=True)
    other_report_id: int = key_of("report", primary_key=True, index=True)
    other_part: int = Field(primary_key=True)
    decided_at: datetime = Field(sa_type=UtcDateTime)


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
    subscriber_id: int = key_of("subscriber", primary_key=True)
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
    criteria_id: int = key_of("criteria", primary_key=True)
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
    subscriber_id: int = key_of("subscriber")
    name: str
    criteria_id: int = key_of("criteria")
    wish: str = Field(sa_type=Text)
    managed_by: str


class WatchTermRow(Row):
    """Since when a watch holds a term: what was seen before never alerts it."""

    __tablename__ = "watch_term"
    watch_id: int = key_of("watch", primary_key=True)
    field: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)


class FanoutRow(Row):
    """Criteria to be told of an incident revision; ``reach`` is how far expansion got.

    ``split`` marks what follows from an operator's split: it replaces what waits and corrects
    what was told, and tells nobody else.
    """

    __tablename__ = "fanout"
    __table_args__ = (
        UniqueConstraint("incident_id", "revision", "criteria_id"),
        Index("ix_fanout_open", "id", sqlite_where=text("done = 0")),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = key_of("incident")
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
    split: bool = False
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
    subscriber_id: int = key_of("subscriber")
    incident_id: int = key_of("incident", index=True)
    revision: int
    kind: str
    first_contact: bool
    created_at: datetime = Field(sa_type=UtcDateTime)


class AlertWatchRow(Row):
    """Which watch of the subscriber matched, and by which fan-out."""

    __tablename__ = "alert_watch"
    alert_id: int = key_of("alert", primary_key=True)
    fanout_id: int = key_of("fanout", primary_key=True)
    watch: str = Field(primary_key=True)


class DeliveryRow(Row):
    """One message on its way: the outbox."""

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("state", State),
        one_of("state_reason", StateReason),
        one_of("kind", Kind),
        Index("ix_delivery_channel_state_due_at", "channel", "state", "due_at"),
        Index("ix_delivery_subscriber_id_incident_id", "subscriber_id", "incident_id"),
        Index("ix_delivery_incident_id", "incident_id"),
        Index("ix_delivery_state_due_at", "state", "due_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    dedup_key: str = Field(unique=True)
    kind: str
    subscriber_id: int | None = key_of("subscriber", default=None)
    incident_id: int | None = key_of("incident", default=None)
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
    subscriber_id: int | None = key_of("subscriber", default=None)
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    why: str | None = None
    ended: bool = False


class DeliveryAlertRow(Row):
    """Which alerts a message holds; a digest holds many."""

    __tablename__ = "delivery_alert"
    delivery_id: int = key_of("delivery", primary_key=True)
    alert_id: int = key_of("alert", primary_key=True, index=True)


class ToldRow(Row):
    """What a person was really told of an incident through one channel.

    ``told_incident_id`` and ``revision`` name the facts told: those of an incident that has
    been joined to this one since keep their own number.
    """

    __tablename__ = "told"
    subscriber_id: int = key_of("subscriber", primary_key=True)
    incident_id: int = key_of("incident", primary_key=True, index=True)
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


meta: Final = table_of(MetaRow)
source: Final = table_of(SourceRow)
report: Final = table_of(ReportRow)
report_version: Final = table_of(ReportVersionRow)
incident: Final = table_of(IncidentRow)
incident_revision: Final = table_of(IncidentRevisionRow)
incident_key: Final = table_of(IncidentKeyRow)
incident_report: Final = table_of(IncidentReportRow)
aftermath: Final = table_of(AftermathRow)
operator_verdict: Final = table_of(OperatorVerdictRow)
apart: Final = table_of(ApartRow)
subscriber: Final = table_of(SubscriberRow)
route: Final = table_of(RouteRow)
criteria: Final = table_of(CriteriaRow)
term: Final = table_of(TermRow)
watch: Final = table_of(WatchRow)
watch_term: Final = table_of(WatchTermRow)
fanout: Final = table_of(FanoutRow)
alert: Final = table_of(AlertRow)
alert_watch: Final = table_of(AlertWatchRow)
silence: Final = table_of(SilenceRow)
delivery: Final = table_of(DeliveryRow)
delivery_alert: Final = table_of(DeliveryAlertRow)
told: Final = table_of(ToldRow)
suppression: Final = table_of(SuppressionRow)
channel: Final = table_of(ChannelRow)
