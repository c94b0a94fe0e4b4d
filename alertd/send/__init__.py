"""The way out: one payload in, one answer back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from alertd.channels import ChannelSettings
from alertd.channels._http import HookSettings
from alertd.channels.email import EmailSettings
from alertd.clock import utc_now
from alertd.core.transport import Answer, Files, Mail, Payload, Post
from alertd.errors import AlertdError
from alertd.send.files import write
from alertd.send.http import Outside, Poster
from alertd.send.session import LIMITS, Limits
from alertd.send.smtp import Pool


class ConfiguredChannel(Protocol):
    """A channel under the name that the configuration gives it."""

    @property
    def name(self) -> str:
        """What stands after ``channel.`` in the file."""

    @property
    def settings(self) -> ChannelSettings:
        """Its table."""


class Senders:
    """What is kept open between messages: the SMTP sessions of each channel, the HTTP client.

    ``context`` is what TLS trusts, by default the authorities of the machine (``SSL_CERT_FILE``
    and ``SSL_CERT_DIR`` name others).  ``limits`` are the time limits.  ``outside`` gives the
    network settings of HTTP as they are now, ``clock`` the time for dates in answers.
    """

    def __init__(
        self,
        *,
        limits: Limits = LIMITS,
        context: ssl.SSLContext | None = None,
        outside: Callable[[], Outside] = Outside,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._limits = limits
        self._context = context
        self._pools: dict[str, Pool] = {}
        self._poster = Poster(outside, clock=clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End all sessions."""
        pools, self._pools = self._pools, {}
        await asyncio.gather(self._poster.aclose(), *(pool.aclose() for pool in pools.values()))

    async def send(self, name: str, settings: ChannelSettings, payload: Payload) -> Answer:
        """Send ``payload`` through the channel ``name``; failures of the peer are answers.

        A cancelled send closes its session: what it was sending may have arrived.

        Raises:
            AlertdError: there is no sender for such a payload.
        """
        match payload:
            case Mail() if isinstance(settings, EmailSettings):
                return await (await self._pool(name, settings)).send(payload)
            case Post() if isinstance(settings, HookSettings):
                return await self._poster.post(payload)
            case Files():
                return await asyncio.to_thread(write, payload)
        raise AlertdError(f"channel {name}: {settings.kind} has nothing that could send this")

    async def probe(self, name: str, settings: ChannelSettings) -> Answer | None:
        """Whether the channel could send now; None where only a message would tell."""
        if isinstance(settings, EmailSettings):
            return await (await self._pool(name, settings)).probe()
        if isinstance(settings, HookSettings):
            return await self._poster.probe(settings.url.get_secret_value())
        return None

    async def _pool(self, name: str, settings: EmailSettings) -> Pool:
        """The sessions of ``name``; those made with older settings are ended."""
        pool = self._pools.get(name)
        if pool is not None and pool.settings == settings:
            return pool
        if settings.security != "none" and self._context is None:
            self._context = ssl.create_default_context()
        self._pools[name] = fresh = Pool(settings, self._limits, self._context)
        if pool is not None:
            await pool.aclose()
        return fresh


async def send(channel: ConfiguredChannel, payload: Payload, *, limits: Limits = LIMITS) -> Answer:
    """Send one payload on a connection of its own."""
    async with Senders(limits=limits) as senders:
        return await senders.send(channel.name, channel.settings, payload)
