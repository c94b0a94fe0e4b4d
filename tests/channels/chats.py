"""One alert in its chat form, as the chat tools' tests post it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from alertd.core.message import Chat, Message
from alertd.core.model import Severity
from alertd.core.transport import Envelope

ENVELOPE: Final = Envelope(to="", message_id="a" * 26, date=datetime(2026, 5, 4, tzinfo=UTC))
CHAT: Final = Chat(
    title="Almerys: data leak confirmed",
    lines=("Almerys has confirmed a data leak.", "Data: national identity number."),
    acts=("Do not give your number to callers.", "Check your refunds."),
    link="https://alerts.example.org/i/42",
    note="Incident 42, revision 1.",
)
MESSAGE: Final = Message(
    subject=CHAT.title,
    preheader="",
    language="en",
    blocks=(),
    personal=CHAT,
    severity=Severity.CRITICAL,
)
