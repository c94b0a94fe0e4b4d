"""Mail over SMTP: sessions that are kept while they are sound, and answers in plain words."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Final

import aiosmtplib

from alertd.channels.email import KIND, EmailSettings
from alertd.core.clean import clean_line
from alertd.core.transport import Answer, Mail
from alertd.send.session import Limits, Session

ANSWER_LIMIT: Final = 500
REDACTED: Final = "[secret]"

UNTRUSTED: Final = 554
"""Our own code for a bad certificate: permanent until somebody mends it."""

_REFUSED: Final = range(400, 600)
_TAKEN: Final = range(200, 300)
_CLOSING: Final = 421

Work = Callable[[], Awaitable[Answer]]


class Pool:
    """The sessions of one channel: one for each sender at work, used again while sound."""

    def __init__(
        self, settings: EmailSettings, limits: Limits, context: ssl.SSLContext | None
    ) -> None:
        self.settings = settings
        self._limits = limits
        self._context = context
        self._turns = asyncio.Semaphore(KIND.senders)
        self._idle: list[Session] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def send(self, mail: Mail) -> Answer:
        """Send one mail; whatever happens on the way becomes the answer."""
        async with self._turns:
            deadline = asyncio.get_running_loop().time() + self._limits.total
            answer = await self._send(mail, deadline)
        return Answer(answer.stage, answer.code, _told(answer.text, self.settings))

    async def probe(self) -> Answer:
        """Connect and log in on a session of its own, and end it."""
        deadline = asyncio.get_running_loop().time() + self._limits.total
        session = Session(self.settings, self._limits, self._context)
        answer = await self._try(session, session.visit, deadline)
        return Answer(answer.stage, answer.code, _told(answer.text, self.settings))

    async def aclose(self) -> None:
        """End the sessions; those in use end with their mail."""
        self._closed = True
        while self._idle:
            self._leave(self._idle.pop())
        while self._leaving:
            await asyncio.wait(self._leaving)

    async def _send(self, mail: Mail, deadline: float) -> Answer:
        kept = self._kept()
        if kept is not None:
            answer = await self._try(kept, partial(kept.send, mail), deadline)
            # Servers end sessions that waited or did enough; a new one gets the true answer.
            if answer.stage != "mail":
                return answer
        fresh = Session(self.settings, self._limits, self._context)
        return await self._try(fresh, partial(fresh.send, mail), deadline)

    async def _try(self, session: Session, work: Work, deadline: float) -> Answer:
        """Do ``work`` on its session, kept only after an answer that leaves no doubt."""
        answer: Answer | None = None
        try:
            async with asyncio.timeout_at(deadline):
                answer = await work()
        except aiosmtplib.SMTPResponseException as error:
            answer = Answer(session.stage, int(error.code), error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            answer = _broken_off(session.stage, error)
        finally:
            if answer is not None and _in_order(answer):
                self._keep(session)
            else:
                session.close()
        return answer

    def _kept(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if session.sound:
                return session
            self._leave(session)
        return None

    def _keep(self, session: Session) -> None:
        if self._closed or not session.sound:
            self._leave(session)
            return
        self._idle.append(session)
        session.rest(self._limits.idle, self._let_go)

    def _let_go(self, session: Session) -> None:
        """End a session that nobody has used for a while."""
        if session in self._idle:
            self._idle.remove(session)
            self._leave(session)

    def _leave(self, session: Session) -> None:
        """Say goodbye beside the work, so that no mail waits for it."""
        task = asyncio.get_running_loop().create_task(session.quit())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


def _in_order(answer: Answer) -> bool:
    """Whether both sides still agree where they are, so that the session may be kept."""
    refused = answer.code in _REFUSED and answer.code != _CLOSING
    taken = answer.code in _TAKEN and answer.stage == "final"
    return taken or (refused and answer.stage in {"rcpt", "data", "final"})


def _broken_off(stage: str, error: Exception) -> Answer:
    """The answer for a server that could not be reached, or gave none."""
    if stage in {"banner", "tls"}:
        for cause in (error, error.__cause__):
            if isinstance(cause, ssl.SSLCertVerificationError):
                why = f"the certificate of the server is not valid: {cause.verify_message}"
                return Answer("tls", UNTRUSTED, why)
            if isinstance(cause, ssl.SSLError):
                return Answer("tls", 0, f"TLS failed: {cause}")
    if isinstance(error, TimeoutError):
        return Answer(stage, 0, "no answer in time")
    return Answer(stage, 0, str(error) or type(error).__name__)


def _told(text: str, settings: EmailSettings) -> str:
    """The server's words on one clean line, cut, without our secret in any form we send it."""
    secrets = tuple(_secrets(settings))
    return _redacted(clean_line(_redacted(text, secrets), ANSWER_LIMIT), secrets)


def _redacted(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text


def _secrets(settings: EmailSettings) -> Iterator[str]:
    if settings.password is None or settings.username is None:
        return
    password = settings.password.get_secret_value()
    for form in (f"\0{settings.username}\0{password}", password):
        yield base64.b64encode(form.encode()).decode()
    yield password
