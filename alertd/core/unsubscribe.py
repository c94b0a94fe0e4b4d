"""Stopping by mail: the token that each mail carries, and what a mail that came in asks for."""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from alertd.core.names import words

_LENGTH: Final = 26
"""Characters of the keyed hash: 130 bits."""
_TOKEN: Final = re.compile(rf"(?<![\w.])(\d{{1,18}})\.([a-z2-7]{{{_LENGTH}}})(?![\w.])", re.ASCII)
_STOP: Final = frozenset({"unsubscribe", "stop", "desinscription", "desabonnement"})
_REPORT: Final = "multipart/report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the head of a mail says, decoded; ``return_path`` None where the head has none.

    ``senders`` and ``recipients`` are bare addresses.
    """

    subject: str = ""
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    return_path: str | None = None
    auto_submitted: str = ""
    content_type: str = ""

    @property
    def is_bounce(self) -> bool:
        """Whether a mail server wrote it, of a mail that it could not deliver."""
        null = self.return_path is not None and self.return_path.strip() in {"", "<>"}
        return null or self.content_type.strip().casefold().startswith(_REPORT)

    @property
    def is_automatic(self) -> bool:
        """Whether a program wrote it: a bounce, or what says so itself (RFC 3834)."""
        kind = self.auto_submitted.partition(";")[0].strip().casefold()
        return self.is_bounce or kind not in {"", "no"}


def token(secret: bytes, subscriber: int) -> str:
    """What stops one subscriber and can do nothing else; the same for ever."""
    digest = hmac.new(secret, f"unsubscribe/{subscriber}".encode(), sha256).digest()
    return f"{subscriber}.{b32encode(digest).decode().lower()[:_LENGTH]}"


def mailto(address: str, subject: str) -> str:
    """The address that a mail program writes to, with the subject that it puts there."""
    return f"mailto:{quote(address, safe='@+')}?subject={subject}"


def named_by_token(letter: Letter, secret: bytes) -> int | None:
    """The subscriber whose token stands in the subject or after a ``+`` in the address."""
    details = (address.rpartition("@")[0].partition("+")[2] for address in letter.recipients)
    for text in (letter.subject, *details):
        for found in _TOKEN.finditer(text.casefold()):
            subscriber = int(found[1])
            if hmac.compare_digest(found[0], token(secret, subscriber)):
                return subscriber
    return None


def asks_to_stop(letter: Letter) -> bool:
    """Whether the subject begins with a word that asks to stop, in English or French."""
    return next(iter(words(letter.subject)), "") in _STOP
