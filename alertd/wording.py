"""A claimed message in words: rendered for its reader, in the envelope of its channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from alertd import texts
from alertd.config import Config, ConfiguredChannel
from alertd.core import codec
from alertd.core.message import Message
from alertd.core.model import Incident
from alertd.core.people import Alert, Kind
from alertd.core.release import Bundle
from alertd.core.render import digest, notice, render
from alertd.core.transport import Envelope
from alertd.core.widen import Registry
from alertd.store.claims import Claimed
from alertd.store.digests import BUNDLE
from alertd.unsubscribe import way_to_stop

SENSITIVE: Final = "sensitive"
"""The tag of organisations that no subject and no preview may name."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What all messages of an installation share: its configuration and its secret."""

    config: Config
    registry: Registry
    secret: bytes

    def envelope(self, claimed: Claimed, channel: ConfiguredChannel, date: datetime) -> Envelope:
        """What stands around a message on its way through ``channel``."""
        return Envelope(
            to=claimed.delivery.to,
            message_id=claimed.delivery.message_id,
            date=date,
            first_message_id=claimed.first_message_id,
            last_message_id=claimed.last_message_id,
            contact=self.config.contact or "",
            unsubscribe=self._way_to_stop(claimed),
            shared=channel.shared,
            origin=self.config.public_url or "urn:alertd",
        )

    def message(self, claimed: Claimed) -> Message:
        """What a claimed message says, in its reader's words."""
        words = texts.load()
        stop = self._way_to_stop(claimed)
        alerts = [self.completed(item, stop) for item in claimed.alerts]
        if len(alerts) == 1:
            return render(alerts[0], words)
        if alerts:
            bundle = Bundle(str((claimed.content or {})[BUNDLE]).split()[0])
            days = ceil(self.config.polling.lookback / timedelta(days=1))
            return digest(alerts, words, bundle, days)
        content = claimed.content or {}
        return notice(
            str(content.get("subject", "")),
            [str(line) for line in content.get("lines", ())],
            words,
            self.config.language,
        )

    def notice_row(
        self, key: str, subject: str, lines: Sequence[str], now: datetime
    ) -> dict[str, object] | None:
        """The row of a notice to the operator; None where there is no operator."""
        operator = self.config.operator
        if operator is None:
            return None
        return {
            "dedup_key": f"o/{key}",
            "kind": Kind.NOTICE.value,
            "channel": operator.channel,
            "address": operator.to or "",
            "created_at": now,
            "due_at": now,
            "content": codec.dumps({"subject": subject, "lines": lines}),
        }

    def completed(self, alert: Alert, stop: str) -> Alert:
        """An alert with what the configuration knows, and ``stop``, the way to stop."""
        return replace(
            alert,
            incident=self._tagged(alert.incident),
            contact=self.config.contact or "",
            unsubscribe=stop,
        )

    def _tagged(self, incident: Incident) -> Incident:
        """The incident, sensitive where the operator has tagged who was breached so."""
        named = (*incident.organisations, *incident.via)
        tagged = any(self.registry.bears(item.name, SENSITIVE) for item in named)
        return replace(incident, sensitive=True) if tagged else incident

    def _way_to_stop(self, claimed: Claimed) -> str:
        """How the person who gets a message stops what comes by its channel."""
        channel = self.config.channels.get(claimed.delivery.channel)
        if channel is None:
            return ""
        return way_to_stop(channel, self.secret, claimed.delivery.subscriber)
