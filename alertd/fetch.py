"""Request to Reply over HTTP: conditional, bounded in time and size, redirects by hand."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

import httpx  # noqa: TID251 - one of its three places

from alertd.core.feed import NOT_MODIFIED, Reply, Request, Validators
from alertd.core.gunzip import Gunzip
from alertd.core.retry_after import parse_retry_after
from alertd.errors import FetchError
from alertd.net import DEFAULT_PORTS, GuardError, causes, endpoint

_ACCEPT: Final = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
_PORTABLE: Final = frozenset({"accept"})
"""Headers of a request that may follow it to another origin; others may be credentials."""

_LONGEST_VALIDATOR: Final = 1_024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PARTIAL: Final = 206
_GONE: Final = 410
_TELL_WHEN: Final = frozenset({413, 429, 503})
_HINTS: Final = {
    401: "it wants a login; give an address that needs none",
    403: "it refuses us; see whether it wants a key or blocks this machine",
    404: "nothing is there; look for its new address",
    410: "it was taken down for good; remove the source or give its new address",
    429: "it is asked too often; it is asked again later",
    206: "only a part was sent; it is asked again",
    304: "it says that nothing changed since an answer we never had; it is asked again",
}
_OWN_HOST_REQUESTS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost (reliability rule F1): seconds in all, bytes, redirects."""

    deadline: float = 60.0
    wire: int = 10 * 1024 * 1024
    body: int = 10 * 1024 * 1024
    hops: int = 5


class Fetcher:
    """Fetches feeds, one request at a time for each public host.

    Args:
        client: from ``net.client``; judges each URL and address.
        clock: now, aware; read for ``Retry-After`` dates.
        limits: what one fetch may cost; waiting for a host's turn is not counted.
        own: ``host:port`` entries of ``network.allow``: the operator's own servers, to which
            no politeness is owed, so that one that hangs does not hold up the others there.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        clock: Callable[[], datetime],
        limits: Limits | None = None,
        own: Collection[str] = (),
    ) -> None:
        self._client = client
        self._clock = clock
        self._limits = limits or Limits()
        self._own = frozenset(map(endpoint, own))
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def fetch(self, request: Request, validators: Validators = Validators()) -> Reply:  # noqa: B008 - frozen
        """Ask for ``request``, sending ``validators`` back byte for byte.

        A 304 gives a Reply with an empty body and the validators that hold now.

        Raises:
            FetchError: anything but a whole 2xx answer or a 304 that was asked for; its one
                line names the host only, never the path, which may be a secret.
        """
        url = _url(request.url)
        headers = {"accept": _ACCEPT} | {k.lower(): v for k, v in request.headers.items()}
        left = self._limits.deadline
        loop = asyncio.get_running_loop()
        for _ in range(self._limits.hops + 1):
            async with self._turn(url):
                started = loop.time()
                answer = await self._ask(url, headers, validators, left)
                left -= loop.time() - started
            if isinstance(answer, Reply):
                return answer
            target = next_hop(url, answer)
            if _origin(target) != _origin(url):
                headers = {name: headers[name] for name in headers.keys() & _PORTABLE}
            url = target
        raise FetchError(
            f"{_where(url)} redirects more than {self._limits.hops} times; "
            "give the address that it ends at"
        )

    def _turn(self, url: httpx.URL) -> asyncio.Semaphore:
        """What must be held while a host is asked."""
        own = _host_port(url) in self._own
        key = _where(url) if own else url.host
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = asyncio.Semaphore(_OWN_HOST_REQUESTS if own else 1)
        return turn

    async def _ask(
        self, url: httpx.URL, headers: dict[str, str], validators: Validators, left: float
    ) -> Reply | str:
        """One request: the reply, or where it redirects to."""
        sent = [(k.encode(), v.encode()) for k, v in headers.items()] + _conditions(validators)
        try:
            async with (
                asyncio.timeout(left),
                self._client.stream("GET", url, headers=sent) as response,
            ):
                return await self._read(response, validators)
        except TimeoutError as error:
            raise FetchError(
                f"{_where(url)} was not done within {self._limits.deadline:g} s; it is asked again"
            ) from error
        except httpx.HTTPError as error:
            raise FetchError(_explain(error, _where(url))) from error

    async def _read(self, response: httpx.Response, sent: Validators) -> Reply | str:
        status = response.status_code
        if status in _REDIRECTS and response.headers.get("location"):
            return str(response.headers["location"])
        unchanged = status == NOT_MODIFIED and sent != Validators()
        if not unchanged and (not response.is_success or status == _PARTIAL):
            raise self._refusal(response)
        return Reply(
            url=str(response.url),
            status=status,
            headers=dict(response.headers.items()),
            body=b"" if unchanged else await self._body(response),
            validators=_validators(response, sent if unchanged else Validators()),
        )

    def _refusal(self, response: httpx.Response) -> FetchError:
        status = response.status_code
        wait = response.headers.get("retry-after") if status in _TELL_WHEN else None
        hint = _HINTS.get(status, "look at the address" if status < 500 else "it is asked again")  # noqa: PLR2004 - HTTP
        return FetchError(
            f"{_where(response.url)} answered {status}: {hint}",
            retry_after=parse_retry_after(wait, self._clock()),
            gone=status == _GONE,
        )

    async def _body(self, response: httpx.Response) -> bytes:
        """The body, decoded, counted on the wire and after unpacking."""
        where = _where(response.url)
        gunzip = Gunzip(self._limits.body) if _is_packed(response) else None
        body = bytearray()
        wire = 0
        async for chunk in response.aiter_raw():
            wire += len(chunk)
            try:
                body += gunzip.feed(chunk) if gunzip else chunk
            except ValueError as error:
                raise FetchError(f"{where} sent broken gzip; it is asked again") from error
            if wire > self._limits.wire or len(body) > self._limits.body:
                most = self._limits.body // 1024
                raise FetchError(f"{where} sent more than {most} KiB; check that it is a feed")
        if gunzip and not gunzip.complete:
            raise FetchError(f"{where} sent an answer that is cut short; it is asked again")
        return bytes(body)


def _is_packed(response: httpx.Response) -> bool:
    """Whether the body is gzip; FetchError for any other encoding, or for several."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return False
    if encoding in {"gzip", "x-gzip"}:
        return True
    raise FetchError(
        f"{_where(response.url)} packs its answer in a way that was not asked for; tell its keeper"
    )


def next_hop(url: httpx.URL, location: str) -> httpx.URL:
    """Where a redirect from ``url`` leads; FetchError for one that is not followed (N4)."""
    try:
        target = _readable(url.join(location).copy_with(fragment=None))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchError(f"{_where(url)} redirects to no address; look for its new one") from error
    if url.scheme == "https" and target.scheme != "https":
        raise FetchError(
            f"{_where(url)} redirects from https to something less; it is not followed"
        )
    return target


def _url(text: str) -> httpx.URL:
    try:
        return _readable(httpx.URL(text))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchError("its url is not an address; write it as https://host/path") from error


def _readable(url: httpx.URL) -> httpx.URL:
    """The URL itself; UnicodeError where its host is no name, which httpx tells only when asked."""
    _ = url.host
    return url


def _host_port(url: httpx.URL) -> tuple[str, int]:
    return url.raw_host.decode("ascii").lower(), url.port or DEFAULT_PORTS.get(url.scheme, 0)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, *_host_port(url)


def _where(url: httpx.URL) -> str:
    """The host, with its port where that is not the usual one: all that an error tells."""
    return f"{url.host}:{url.port}" if url.port else url.host


def _conditions(validators: Validators) -> list[tuple[bytes, bytes]]:
    pairs = ((b"if-none-match", validators.etag), (b"if-modified-since", validators.last_modified))
    return [(name, value.encode("latin-1")) for name, value in pairs if value]


def _validators(response: httpx.Response, before: Validators) -> Validators:
    """The answer's validators, byte for byte; those of ``before`` where it names none."""
    return Validators(
        etag=_validator(response, b"etag") or before.etag,
        last_modified=_validator(response, b"last-modified") or before.last_modified,
    )


def _validator(response: httpx.Response, name: bytes) -> str | None:
    value = next((value for key, value in response.headers.raw if key.lower() == name), b"")
    return value.decode("latin-1") if 0 < len(value) <= _LONGEST_VALIDATOR else None


def _explain(error: httpx.HTTPError, where: str) -> str:
    """One line on what went wrong and what to do; nothing of the URL beyond its host."""
    if isinstance(error, GuardError):
        return str(error)
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"{where}: its certificate is not valid ({cause.verify_message}); tell its keeper"
            )
        if isinstance(cause, ssl.SSLError):
            return f"{where}: no TLS could be agreed; check that https:// is right"
    if isinstance(error, httpx.TimeoutException):
        return f"{where} did not answer in time; it is asked again"
    if isinstance(error, httpx.ConnectError):
        return f"{where} could not be reached; check its name, or wait until it is asked again"
    if isinstance(error, httpx.ProxyError):
        return f"{where} could not be reached through the proxy; check network.proxy"
    return f"{where} broke off or did not answer in HTTP; it is asked again"
