"""The first store."""

import sqlalchemy as sa
from alembic import op

from alertd.store.rows import UtcDateTime

# A column a line, so that the whole stays one readable file.
# fmt: off
revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store from the version before to this one."""
    op.create_table("channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("resume_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel"))
    )
    op.create_table("criteria",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria")),
        sa.UniqueConstraint("digest", name=op.f("uq_criteria_digest")),
        sqlite_autoincrement=True
    )
    op.create_table("incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("touched", sa.Integer(), nullable=False),
        sa.Column("news", sa.Boolean(), nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("parted_from", sa.Integer(), nullable=True),
        sa.Column("published", UtcDateTime(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["incident.id"], name=op.f("fk_incident_merged_into"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["parted_from"], ["incident.id"], name=op.f("fk_incident_parted_from"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("ref", name=op.f("uq_incident_ref")),
        sqlite_autoincrement=True
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_published"), ["published"], unique=False)

    op.create_table("meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta"))
    )
    op.create_table("report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("publisher", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("dated", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("first_contact", sa.Boolean(), nullable=False),
        sa.Column("polled_before", UtcDateTime(), nullable=True),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_report_source_key")),
        sqlite_autoincrement=True
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index("ix_report_fresh", ["id"], unique=False, sqlite_where=sa.text("fresh = 1"))

    op.create_table("source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("body_hash", sa.String(), nullable=True),
        sa.Column("killer_hash", sa.String(), nullable=True),
        sa.Column("contacted_at", UtcDateTime(), nullable=True),
        sa.Column("attempted_at", UtcDateTime(), nullable=True),
        sa.Column("succeeded_at", UtcDateTime(), nullable=True),
        sa.Column("full_at", UtcDateTime(), nullable=True),
        sa.Column("item_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("wait_until", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("kills", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_source"))
    )
    op.create_table("subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("discreet", sa.Boolean(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("name", name=op.f("uq_subscriber_name")),
        sqlite_autoincrement=True
    )
    op.create_table("suppression",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suppression"))
    )
    op.create_table("aftermath",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_aftermath_incident_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_aftermath_report_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_aftermath"))
    )
    with op.batch_alter_table("aftermath", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_aftermath_incident_id"), ["incident_id"], unique=False)

    op.create_table("alert",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_contact", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_alert_incident_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_alert_subscriber_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("subscriber_id", "incident_id", "revision", name=op.f("uq_alert_subscriber_id_incident_id_revision")),
        sqlite_autoincrement=True
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_incident_id"), ["incident_id"], unique=False)

    op.create_table("apart",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("other_report_id", sa.Integer(), nullable=False),
        sa.Column("other_part", sa.Integer(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["other_report_id"], ["report.id"], name=op.f("fk_apart_other_report_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_apart_report_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("report_id", "part", "other_report_id", "other_part", name=op.f("pk_apart"))
    )
    with op.batch_alter_table("apart", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_apart_other_report_id"), ["other_report_id"], unique=False)

    op.create_table("fanout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("criteria_id", sa.Integer(), nullable=True),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("news", sa.Boolean(), nullable=False),
        sa.Column("concerns", sa.Boolean(), nullable=False),
        sa.Column("first_contact", sa.Boolean(), nullable=False),
        sa.Column("severity_rank", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("published", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("split", sa.Boolean(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_fanout_incident_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fanout")),
        sa.UniqueConstraint("incident_id", "revision", "criteria_id", name=op.f("uq_fanout_incident_id_revision_criteria_id")),
        sqlite_autoincrement=True
    )
    with op.batch_alter_table("fanout", schema=None) as batch_op:
        batch_op.create_index("ix_fanout_open", ["id"], unique=False, sqlite_where=sa.text("done = 0"))

    op.create_table("incident_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_key_incident_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "incident_id", name=op.f("pk_incident_key"))
    )
    with op.batch_alter_table("incident_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_key_incident_id"), ["incident_id"], unique=False)

    op.create_table("incident_report",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("linked_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_report_incident_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_incident_report_report_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("report_id", "part", name=op.f("pk_incident_report"))
    )
    with op.batch_alter_table("incident_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_report_incident_id"), ["incident_id"], unique=False)

    op.create_table("incident_revision",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_revision_incident_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("incident_id", "revision", name=op.f("pk_incident_revision"))
    )
    op.create_table("operator_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("theirs", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_operator_verdict_incident_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["incident.id"], name=op.f("fk_operator_verdict_other_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_verdict")),
        sqlite_autoincrement=True
    )
    with op.batch_alter_table("operator_verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_operator_verdict_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_operator_verdict_other_id"), ["other_id"], unique=False)

    op.create_table("report_version",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_version_report_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("report_id", "version", name=op.f("pk_report_version"))
    )
    op.create_table("route",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("send_when", sa.String(), nullable=False),
        sa.Column("on_new", sa.Boolean(), nullable=False),
        sa.Column("on_update", sa.Boolean(), nullable=False),
        sa.Column("on_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("min_rank", sa.Integer(), nullable=False),
        sa.Column("quiet", sa.String(), nullable=True),
        sa.Column("quiet_except_rank", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_route_subscriber_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subscriber_id", "position", name=op.f("pk_route"))
    )
    op.create_table("silence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_silence_subscriber_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
        sqlite_autoincrement=True
    )
    op.create_table("term",
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("criteria_id", sa.Integer(), nullable=False),
        sa.Column("anchor", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["criteria_id"], ["criteria.id"], name=op.f("fk_term_criteria_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("field", "key", "criteria_id", name=op.f("pk_term"))
    )
    with op.batch_alter_table("term", schema=None) as batch_op:
        batch_op.create_index("ix_term_criteria_id", ["criteria_id"], unique=False)

    op.create_table("told",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("told_incident_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("first_message_id", sa.String(), nullable=False),
        sa.Column("last_message_id", sa.String(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_told_incident_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_told_subscriber_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subscriber_id", "incident_id", "channel", name=op.f("pk_told"))
    )
    with op.batch_alter_table("told", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_told_incident_id"), ["incident_id"], unique=False)

    op.create_table("watch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("criteria_id", sa.Integer(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("managed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["criteria_id"], ["criteria.id"], name=op.f("fk_watch_criteria_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_watch_subscriber_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
        sa.UniqueConstraint("subscriber_id", "name", name=op.f("uq_watch_subscriber_id_name")),
        sqlite_autoincrement=True
    )
    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.create_index("ix_watch_criteria_id_id", ["criteria_id", "id"], unique=False)

    op.create_table("alert_watch",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("fanout_id", sa.Integer(), nullable=False),
        sa.Column("watch", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_watch_alert_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["fanout_id"], ["fanout.id"], name=op.f("fk_alert_watch_fanout_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "fanout_id", "watch", name=op.f("pk_alert_watch"))
    )
    op.create_table("delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("route", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("maybe_sent", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("last_answer", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("silence_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind in ('new', 'update', 'withdrawn', 'digest', 'drill', 'notice', 'confirm')", name=op.f("ck_delivery_kind")),
        sa.CheckConstraint("state in ('waiting', 'sending', 'held', 'sent', 'suppressed', 'expired', 'dead')", name=op.f("ck_delivery_state")),
        sa.CheckConstraint("state_reason in ('quiet', 'digest', 'cap', 'policy', 'channel', 'restored', 'superseded', 'silenced', 'unsubscribed', 'withdrawn-unsent')", name=op.f("ck_delivery_state_reason")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_delivery_incident_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["silence_id"], ["silence.id"], name=op.f("fk_delivery_silence_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=op.f("fk_delivery_subscriber_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_delivery_dedup_key")),
        sqlite_autoincrement=True
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_channel_state_due_at", ["channel", "state", "due_at"], unique=False)
        batch_op.create_index("ix_delivery_incident_id", ["incident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_silence_id"), ["silence_id"], unique=False)
        batch_op.create_index("ix_delivery_state_due_at", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_delivery_subscriber_id_incident_id", ["subscriber_id", "incident_id"], unique=False)

    op.create_table("watch_term",
        sa.Column("watch_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["watch_id"], ["watch.id"], name=op.f("fk_watch_term_watch_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("watch_id", "field", "key", name=op.f("pk_watch_term"))
    )
    op.create_table("delivery_alert",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_delivery_alert_alert_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_alert_delivery_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery_id", "alert_id", name=op.f("pk_delivery_alert"))
    )
    with op.batch_alter_table("delivery_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_alert_alert_id"), ["alert_id"], unique=False)
