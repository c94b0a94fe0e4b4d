"""The only way out over HTTP: clients that connect to judged addresses and nowhere else.

Reliability rules N1 to N5.  A URL is judged when it is asked for (scheme,
user information, port); its name is resolved once, every address of the answer is judged,
and the connection goes to a judged address while TLS and Host keep the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpcore
import httpx  # noqa: TID251 - one of its three places

from alertd.errors import ConfigError

PORTS: Final = frozenset({80, 443})
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
TIMEOUTS: Final = httpx.Timeout(20.0, connect=10.0, pool=60.0)
"""Seconds of silence for each step; whoever asks sets the total."""

_ADDRESSES_TRIED: Final = 4
_HIGHEST_PORT: Final = 65_535

_REFUSED: Final = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # a cloud's host agent behind an address that looks public
        *("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16"),
        *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
"""Refused by list (N3): the standard library's flags call several of these global."""

Resolve = Callable[[str, int], Awaitable[Collection[str]]]
"""A name and a port to all its addresses, as text; OSError when there are none."""


class GuardError(httpx.TransportError):
    """The request would go where alertd does not go; the message names no address."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what lies under it, the outermost first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def is_public(address: str) -> bool:
    """Whether ``address``, as a resolver wrote it, is one of the public Internet.

    Anything that is no plain address (a zone id, an old spelling such as ``0x7f.1``) is not.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return False
        ip = ip.ipv4_mapped or ip
    return ip.is_global and not any(ip in net for net in _REFUSED if net.version == ip.version)


def endpoint(entry: str) -> tuple[str, int]:
    """A ``host:port`` of ``network.allow`` as a pair.

    Raises:
        ConfigError: it is not written as a host, a colon and a port.
    """
    host, colon, port = entry.strip().lower().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (
        colon and host and port.isascii() and port.isdigit() and 0 < int(port) <= _HIGHEST_PORT
    ):
        raise ConfigError(f"network.allow: write {entry!r} as host:port, such as 10.0.0.5:443")
    return host, int(port)


async def system_resolve(host: str, port: int) -> Collection[str]:
    """All addresses that the system's resolver gives for a name."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


@cache
def tls_context() -> ssl.SSLContext:
    """The one TLS context of the process: public and system authorities, always verified."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


class _Guard(httpcore.AsyncNetworkBackend):
    """Opens sockets: judges what a name resolves to and connects to just that (N2)."""

    def __init__(self, allow: frozenset[tuple[str, int]], resolve: Resolve) -> None:
        self._allow = allow
        self._resolve = resolve
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class names it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in (await self._judged(host, port, timeout))[:_ADDRESSES_TRIED]:
            try:
                return await self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def _judged(self, host: str, port: int, seconds: float | None) -> list[str]:
        allowed = (host.lower(), port) in self._allow
        if not allowed and port not in PORTS:
            raise GuardError(_port_message(host, port))
        try:
            async with asyncio.timeout(seconds):
                addresses = list(await self._resolve(host, port))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} could not be resolved") from error
        if not allowed and not all(map(is_public, addresses)):
            raise GuardError(
                f"{host} is not on the public Internet; if it is yours, add "
                f'"{host}:{port}" to network.allow'
            )
        return addresses

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class names it
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        del path, timeout, socket_options
        raise GuardError("local sockets are not asked")

    async def sleep(self, seconds: float) -> None:
        await self._sockets.sleep(seconds)


class _Transport(httpx.AsyncHTTPTransport):
    """Judges the URL of each request, then hands it to the guarded pool."""

    def __init__(
        self,
        pool: httpcore.AsyncConnectionPool,
        allow: frozenset[tuple[str, int]],
        *,
        https_only: bool,
        proxied: bool,
    ) -> None:
        self._pool = pool  # the seam that httpx leaves for a network backend; a test pins it
        self._allow = allow
        self._https_only = https_only
        self._proxied = proxied

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._judge(request.url)
        return await super().handle_async_request(request)

    def _judge(self, url: httpx.URL) -> None:
        """Refuse a URL by its scheme, user information, port or literal host (N1)."""
        host = url.raw_host.decode("ascii").lower()
        if url.scheme not in DEFAULT_PORTS or not host:
            raise GuardError("only http:// and https:// addresses are asked")
        if url.userinfo:
            raise GuardError(f"{host}: a user name or password in a URL is not used; remove it")
        port = url.port or DEFAULT_PORTS[url.scheme]
        if (host, port) in self._allow:
            return
        if port not in PORTS:
            raise GuardError(_port_message(host, port))
        if self._https_only and url.scheme != "https":
            raise GuardError(
                f'{host}: use https://, or add "{host}:{port}" to network.allow if it is yours'
            )
        if self._proxied and not _may_be_public(host):
            raise GuardError(f"{host} is not on the public Internet; the proxy is not asked for it")


def _may_be_public(host: str) -> bool:
    """What can be told of a host that a proxy resolves: no local name, no local number."""
    try:
        return is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        if ":" in host:
            return is_public(host)
        return host.rstrip(".").rpartition(".")[2] not in {
            "localhost",
            "local",
            "internal",
            "localdomain",
        }


def _port_message(host: str, port: int) -> str:
    return (
        f"{host}:{port} is neither port 80 nor 443; if it is yours, add "
        f'"{host}:{port}" to network.allow'
    )


def client(
    allow: Collection[str],
    proxy: str = "",
    *,
    user_agent: str,
    https_only: bool = False,
    connections: int = 20,
    resolve: Resolve = system_resolve,
) -> httpx.AsyncClient:
    """A client behind the guard: no redirects, no cookies, nothing from the environment.

    Args:
        allow: ``host:port`` entries that may be private, on any port and without TLS.
        proxy: http:// or https:// URL of a proxy, which then resolves the names.
        user_agent: sent with each request.
        https_only: refuse http:// to all that is not in ``allow``.
        connections: how many may be open at once.
        resolve: how a name becomes addresses.

    Raises:
        ConfigError: an entry of ``allow``, or ``proxy``, cannot be used.
    """
    pairs = frozenset(map(endpoint, allow))
    return httpx.AsyncClient(
        transport=_Transport(
            _pool(pairs, proxy, connections, resolve),
            pairs,
            https_only=https_only,
            proxied=bool(proxy),
        ),
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=TIMEOUTS,
        follow_redirects=False,
        trust_env=False,
    )


def _pool(
    allow: frozenset[tuple[str, int]], proxy: str, connections: int, resolve: Resolve
) -> httpcore.AsyncConnectionPool:
    common: dict[str, Any] = {
        "ssl_context": tls_context(),
        "max_connections": connections,
        "max_keepalive_connections": min(connections, 10),
        "keepalive_expiry": 15.0,
    }
    if not proxy:
        return httpcore.AsyncConnectionPool(network_backend=_Guard(allow, resolve), **common)
    url = httpx.URL(proxy)
    if url.scheme not in DEFAULT_PORTS or not url.host:
        raise ConfigError("network.proxy: write the proxy as http://host:port or https://host:port")
    own = frozenset({(url.raw_host.decode().lower(), url.port or DEFAULT_PORTS[url.scheme])})
    return httpcore.AsyncHTTPProxy(
        proxy_url=str(url.copy_with(username=None, password=None)),
        proxy_auth=(url.username.encode(), url.password.encode()) if url.userinfo else None,
        proxy_ssl_context=tls_context() if url.scheme == "https" else None,
        network_backend=_Guard(own, resolve),
        **common,
    )
