"""One POST to a web address that is a secret: bounded in time and size, no redirects."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import httpx  # noqa: TID251 - one of its three places

from alertd import net
from alertd.clock import utc_now
from alertd.core.clean import clean_line
from alertd.core.retry_after import parse_retry_after
from alertd.core.transport import Answer, Post

ANSWER_BYTES: Final = 4_096
ANSWER_LIMIT: Final = 500
REDACTED: Final = "[secret]"
TOTAL: Final = 30.0
CONNECT: Final = 10.0
"""Seconds, for a whole request and for its connection (reliability.md section 3)."""

NO_ADDRESS: Final = Answer("guard", 0, "its url is no web address: copy it again")

_TOKEN: Final = re.compile(r"(?=\D*\d)[^/?&=#]{8,}|[^/?&=#]{16,}")
"""A part of an address that would let others post: long, or long enough and with digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """How other machines are reached: ``host:port`` that may be private, proxy, our name."""

    allow: tuple[str, ...] = ()
    proxy: str = field(default="", repr=False)
    user_agent: str = "alertd"


@dataclass(slots=True)
class _Line:
    """A client and how many requests are on it."""

    outside: Outside
    client: httpx.AsyncClient
    users: int = 0


@dataclass(slots=True)
class _Talk:
    """How far one request came, and what was read of its answer."""

    url: httpx.URL
    clock: Callable[[], datetime]
    stage: str = "connect"
    status: int = 0
    why: str = ""
    retry_after: float | None = None
    body: bytes = b""

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Note each step that httpcore takes; the CONNECT to a proxy sends nothing of ours."""
        request = info.get("request")
        if event.startswith("http11.") and request is not None and request.method != b"CONNECT":
            sent = event.endswith("receive_response_headers.started")
            self.stage = "answer" if sent or self.stage == "answer" else "request"

    def failed(self, error: Exception) -> None:
        """Note why there is no answer; nothing of the address beyond its host."""
        if isinstance(error, net.GuardError):
            self.stage = "guard"
        self.why = _explained(error, place(self.url))

    @property
    def answer(self) -> Answer:
        """What came of it; a status that was read holds, however its body ended."""
        if not self.status:
            return Answer(self.stage, 0, _told(self.why, self.url))
        said = self.body.decode("utf-8", "replace") or _phrase(self.status)
        text = _told(f"{self.status} {said}", self.url)
        return Answer("answer", self.status, text, self.retry_after)


class Poster:
    """Posts for all channels, through one client for as long as the network settings last.

    Args:
        outside: gives the network settings as they are now; asked before each request.
        clock: now, aware; read for ``Retry-After`` dates.
        total: seconds that a whole request may take.
    """

    def __init__(
        self,
        outside: Callable[[], Outside],
        *,
        clock: Callable[[], datetime] = utc_now,
        total: float = TOTAL,
    ) -> None:
        self._outside = outside
        self._clock = clock
        self._total = total
        self._line: _Line | None = None

    async def post(self, post: Post) -> Answer:
        """Send one request; whatever happens on the way becomes the answer."""
        return await self._ask("POST", post.url, post.headers, post.body)

    async def probe(self, url: str) -> Answer:
        """Whether the host of ``url`` can be reached: it is asked for nothing of the address."""
        parsed = _parsed(url)
        if parsed is None:
            return NO_ADDRESS
        host = parsed.copy_with(path="/", query=None, fragment=None)
        answer = await self._ask("HEAD", str(host), (), b"")
        if not answer.code:
            return answer
        how = "encrypted" if host.scheme == "https" else "not encrypted"
        told = (
            f"{place(host)} answers, {how}; `alertd channel test` tells whether it takes messages"
        )
        return Answer("answer", HTTPStatus.OK, told)

    async def aclose(self) -> None:
        """Close what is open."""
        line, self._line = self._line, None
        if line is not None:
            await line.client.aclose()

    async def _ask(
        self, method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes
    ) -> Answer:
        parsed = _parsed(url)
        if parsed is None:
            return NO_ADDRESS
        talk = _Talk(parsed, self._clock)
        line = await self._current()
        line.users += 1
        try:
            async with asyncio.timeout(self._total):
                await _exchange(line.client, method, headers, body, talk)
        except TimeoutError:
            talk.why = f"{place(talk.url)} did not answer within {self._total:g} s"
        except httpx.HTTPError as error:
            talk.failed(error)
        finally:
            line.users -= 1
            if line is not self._line and not line.users:
                await line.client.aclose()
        return talk.answer

    async def _current(self) -> _Line:
        """The client for the settings of now; a former one is closed after its last request."""
        wanted, former = self._outside(), self._line
        if former is not None and former.outside == wanted:
            return former
        client = net.client(
            wanted.allow, wanted.proxy, user_agent=wanted.user_agent, https_only=True
        )
        self._line = fresh = _Line(wanted, client)
        if former is not None and not former.users:
            await former.client.aclose()
        return fresh


async def _exchange(
    client: httpx.AsyncClient,
    method: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    talk: _Talk,
) -> None:
    """Send the request and read its answer into ``talk``, 4 kB of it at most."""
    async with client.stream(
        method,
        talk.url,
        headers=[*headers, ("Accept-Encoding", "identity")],
        content=body,
        timeout=httpx.Timeout(TOTAL, connect=CONNECT),
        extensions={"trace": talk.trace},
    ) as response:
        wish = response.headers.get("retry-after")
        talk.retry_after = parse_retry_after(wish, talk.clock())
        talk.status = response.status_code
        if response.headers.get("content-encoding", "identity").lower() == "identity":
            async for chunk in response.aiter_raw():
                talk.body = (talk.body + chunk)[:ANSWER_BYTES]
                if len(talk.body) == ANSWER_BYTES:
                    break


def _parsed(url: str) -> httpx.URL | None:
    """The address, None for one that httpx could not ask."""
    try:
        parsed = httpx.URL(url)
        host = parsed.host  # raises for some broken names
    except (httpx.InvalidURL, UnicodeError):
        return None
    return parsed if host else None


def place(url: httpx.URL) -> str:
    """The host, with its port where that is not the usual one: all that may be told."""
    return f"{url.host}:{url.port}" if url.port else url.host


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _explained(error: Exception, where: str) -> str:
    if isinstance(error, net.GuardError):
        return str(error)
    for cause in net.causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"{where}: its certificate is not valid: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"{where}: no TLS could be agreed"
    if isinstance(error, httpx.TimeoutException):
        return f"{where} did not answer in time"
    if isinstance(error, httpx.ProxyError):
        return f"{where} could not be reached through the proxy: see network.proxy"
    if isinstance(error, httpx.ConnectError):
        return f"{where} could not be reached"
    return f"{where} broke off, or did not answer in HTTP"


def _told(text: str, url: httpx.URL) -> str:
    """The peer's words on one clean line, cut, without the secret parts of the address."""
    secrets = sorted(_secrets(url), key=len, reverse=True)
    return _redacted(clean_line(_redacted(text, secrets), ANSWER_LIMIT), secrets)


def _secrets(url: httpx.URL) -> set[str]:
    """The address and each part of it that is worth hiding, as written and decoded."""
    tail = url.raw_path.decode("ascii")
    found = {str(url), tail, tail.partition("?")[0], *_TOKEN.findall(tail)} - {"/"}
    return found | {unquote(secret) for secret in found}


def _redacted(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text
