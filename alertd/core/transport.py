"""What a channel hands to a sender, and what a channel kind consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from alertd.core.message import Message
from alertd.core.outbox import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around a message: who gets it, under which id, in which thread.

    ``message_id`` is the stable 26-character id of the row, not yet a header;
    ``first_message_id`` and ``last_message_id`` are those of what this person was told of
    the incident before; ``contact`` is whom an answer should reach; ``shared`` says that
    several people read the channel; ``origin`` names this installation to machines (a URI).
    """

    to: str
    message_id: str
    date: datetime
    first_message_id: str | None = None
    last_message_id: str | None = None
    unsubscribe: str = ""
    contact: str = ""
    shared: bool = False
    origin: str = "urn:alertd"


@dataclass(frozen=True, slots=True)
class Mail:
    """Bytes for an SMTP server, one recipient."""

    sender: str
    recipient: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Post:
    """An HTTP request, signed and serialised; ``url`` is a secret."""

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Files:
    """Files to be written whole into a folder."""

    folder: str
    files: tuple[tuple[str, bytes], ...]


Payload = Mail | Post | Files


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered: ``code`` 0 when it could not be reached or did not answer.

    ``stage`` is where it happened (``connect``, ``banner``, ``ehlo``, ``tls``, ``auth``,
    ``mail``, ``rcpt``, ``data``, ``final`` for SMTP; ``guard`` (not asked at all), ``connect``,
    ``request`` or ``answer`` for HTTP; ``write`` for files).
    """

    stage: str
    code: int
    text: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """What the web addresses of a chat service look like, so that a wrong one is told at once.

    ``pattern`` and ``retired`` are regular expressions over ``host/path?query`` in whole;
    ``retired`` are addresses that the service answers no more, and ``instead`` says in one
    sentence what to do about one.
    """

    pattern: str
    example: str
    retired: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """All that is special about one kind of channel.

    ``settings`` is its table in the configuration; ``encode`` and ``judge`` are pure.
    ``senders`` is how many may send side by side; ``lease`` outlives the longest send.
    ``schedule`` are the waits between attempts (the last one repeats) and ``lifetime``
    is when a message that was never taken expires.  ``shared`` is whether several people read
    it unless its table says otherwise; ``hook`` is what its address looks like, for chat kinds;
    ``unseen`` says that an accepted message may yet fail to show, so that a test has to ask.
    """

    kind: str
    settings: type[BaseModel]
    encode: Callable[[Message, Envelope, Any], Payload]
    judge: Callable[[Answer], Outcome]
    senders: int
    lease: timedelta
    schedule: tuple[timedelta, ...]
    lifetime: timedelta
    shared: bool = False
    hook: Hook | None = None
    unseen: bool = False
