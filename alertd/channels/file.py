"""Messages as files in a folder: the channel that needs no server."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import Final, Literal

from pydantic import Field

from alertd.channels import ChannelSettings
from alertd.channels.email import MAIL_LIFETIME, MAIL_SCHEDULE, address, compose, safe_id, sender_of
from alertd.core.codec import plain
from alertd.core.markup import to_html
from alertd.core.message import Message
from alertd.core.outbox import Accepted, Outcome, Refusal, Refused
from alertd.core.transport import Answer, ChannelKind, Envelope, Files

FROM: Final = "alertd <alertd@localhost>"
"""Nobody answers a file, but a mail without a sender is none."""


class FileSettings(ChannelSettings):
    """``[channel.*]`` with ``kind = "file"``."""

    kind: Literal["file"] = "file"
    folder: str = Field(min_length=1)


def encode(message: Message, envelope: Envelope, settings: FileSettings) -> Files:
    """The message as mail, as a page and as JSON; file names hold nothing from outside.

    Raises:
        AlertdError: the mail would not be what was meant, see ``email.compose``.
    """
    stamp = envelope.date.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{stamp}-{safe_id(envelope.message_id)}"
    data = json.dumps(plain(message.data), ensure_ascii=False, indent=2, sort_keys=True)
    return Files(
        settings.folder,
        (
            (f"{name}.eml", _mail(message, envelope)),
            (f"{name}.html", to_html(message).encode()),
            # What UTF-8 cannot write becomes the escape that JSON has for it.
            (f"{name}.json", data.encode("utf-8", "backslashreplace") + b"\n"),
        ),
    )


def _mail(message: Message, envelope: Envelope) -> bytes:
    try:
        to = address(envelope.to)
    except ValueError:
        to = "undisclosed-recipients:;"  # a folder needs no address to reach its reader
    return compose(message, envelope, origin=sender_of(FROM), to=to)


def judge(answer: Answer) -> Outcome:
    """Code 0 says that the files could not be written: a full or missing disk comes back."""
    if answer.code > 0:
        return Accepted(answer.text)
    return Refused(Refusal.SERVER_TEMPORARY, answer.text)


KIND: Final = ChannelKind(
    kind="file",
    settings=FileSettings,
    encode=encode,
    judge=judge,
    senders=1,
    lease=timedelta(minutes=2),
    schedule=MAIL_SCHEDULE,
    lifetime=MAIL_LIFETIME,
)
