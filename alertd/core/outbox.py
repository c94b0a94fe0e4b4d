"""One message on its way: its states, what a send came to, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alertd.core.people import Kind


class State(StrEnum):
    """Where a delivery stands; the last four are ends."""

    WAITING = "waiting"
    SENDING = "sending"
    HELD = "held"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    DEAD = "dead"


class StateReason(StrEnum):
    """Why a delivery is held or was suppressed (closed list)."""

    QUIET = "quiet"
    DIGEST = "digest"
    CAP = "cap"
    POLICY = "policy"
    CHANNEL = "channel"
    RESTORED = "restored"
    SUPERSEDED = "superseded"
    SILENCED = "silenced"
    UNSUBSCRIBED = "unsubscribed"
    WITHDRAWN_UNSENT = "withdrawn-unsent"


class Refusal(StrEnum):
    """The classes of the retry matrix: whose fault a refusal is, and for how long."""

    SERVER_TEMPORARY = "server-temporary"
    SERVER_PERMANENT = "server-permanent"
    ROW_TEMPORARY = "row-temporary"
    RECIPIENT_TEMPORARY = "recipient-temporary"
    RECIPIENT_PERMANENT = "recipient-permanent"
    SENDER_POLICY = "sender-policy"
    MESSAGE_PERMANENT = "message-permanent"
    ENDPOINT_PERMANENT = "endpoint-permanent"
    ENDPOINT_DOUBTFUL = "endpoint-doubtful"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The peer took the message: its final positive answer was read."""

    answer: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The peer did not take it, or could not be reached before it could have."""

    refusal: Refusal
    answer: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The message was handed over and no final answer was read: it may have arrived."""

    answer: str


@dataclass(frozen=True, slots=True)
class Crashed:
    """Our own fault while rendering or sending."""

    answer: str


Outcome = Accepted | Refused | Ambiguous | Crashed


@dataclass(frozen=True, slots=True)
class Sent:
    """Done."""

    answer: str


@dataclass(frozen=True, slots=True)
class Later:
    """Due again at ``due_at``; ``counts`` says whether an attempt was used up.

    ``channel`` says that it is the channel that must wait, not this row, and ``until`` for how
    long at least, where the server named a time; ``doubtful`` that the endpoint itself may be
    gone; ``maybe_sent`` that the message may have arrived.
    """

    due_at: datetime
    answer: str
    counts: bool = True
    channel: bool = False
    maybe_sent: bool = False
    crashed: bool = False
    until: datetime | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Kept for the operator to decide; ``suspend`` also stops the channel."""

    reason: StateReason
    answer: str
    suspend: bool = False


@dataclass(frozen=True, slots=True)
class Expire:
    """Past its lifetime."""

    answer: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Will never be sent; ``recipient`` says that the address itself is at fault."""

    answer: str
    recipient: bool = False


Settlement = Sent | Later | Hold | Expire | Dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one person, or to the operator, through one channel.

    ``attempts`` counts answers that count against the row, ``crashes`` claims that never
    settled; ``leased_until`` fences a settlement against a later owner.
    """

    id: int
    dedup_key: str
    kind: Kind
    subscriber: int | None
    channel: str
    to: str
    message_id: str
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    crashes: int = 0
    owner: str = ""
    leased_until: datetime | None = None
