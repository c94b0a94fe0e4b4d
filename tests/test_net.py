"""Reliability rules N1 to N5: where a client goes, and where it never goes."""

import asyncio
import ipaddress
import ssl
from collections.abc import Collection
from pathlib import Path

import httpcore
import httpx  # noqa: TID251 - the guard's own errors are httpx errors
import pytest

from alertd import net
from alertd.errors import ConfigError
from tests.httpserver import Asked, Wire, reply, serving

ADDRESSES = Path(__file__).parent / "data" / "net"
REFUSED = (ADDRESSES / "refused.txt").read_text().split()
PUBLIC = (ADDRESSES / "public.txt").read_text().split()


@pytest.mark.parametrize("address", REFUSED)
def test_N3_an_address_off_the_public_internet_is_refused(address: str) -> None:
    assert not net.is_public(address)


@pytest.mark.parametrize("address", [" 8.8.8.8", "8.8.8.8 ", "", "8.8.8", "٨.8.8.8"])
def test_N3_what_is_no_plain_address_is_refused(address: str) -> None:
    assert not net.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_N3_a_public_address_is_let_through(address: str) -> None:
    assert net.is_public(address)


@pytest.mark.parametrize(
    "address", ["64:ff9b::7f00:1", "fec0::1", "192.0.0.8", "224.0.0.1", "2002:7f00:1::1"]
)
def test_N3_the_list_refuses_even_what_the_flag_calls_global(address: str) -> None:
    ip = ipaddress.ip_address(address)
    assert any(ip in network for network in net._REFUSED if network.version == ip.version)


async def get(
    url: str,
    *allow: str,
    proxy: str = "",
    https_only: bool = False,
    resolve: net.Resolve = net.system_resolve,
) -> httpx.Response:
    async with net.client(
        allow, proxy, user_agent="alertd-test", https_only=https_only, resolve=resolve
    ) as client:
        return await client.get(url)


def resolving(*addresses: str) -> tuple[net.Resolve, list[str]]:
    """A resolver that gives these addresses, and the names that it was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Collection[str]:
        del port
        asked.append(host)
        return addresses

    return resolve, asked


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "https://user:secret@example.org/",
        "https://user@example.org/",
        "http://example.org:8080/",
        "https://example.org:22/",
        "http://example.org:25/",
    ],
)
async def test_N1_a_url_of_another_kind_is_refused_before_any_look_up(url: str) -> None:
    resolve, asked = resolving("8.8.8.8")
    with pytest.raises(net.GuardError) as refused:
        await get(url, resolve=resolve)
    assert not asked
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://0177.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://10.0.0.1/",
        "https://192.168.0.1/",
    ],
)
async def test_N3_no_spelling_of_a_private_address_is_reached(url: str) -> None:
    with pytest.raises(net.GuardError, match=r"network\.allow"):
        await get(url)


@pytest.mark.parametrize(
    "answer", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("2606:4700::1111", "fe80::1%eth0")]
)
async def test_N2_one_bad_address_refuses_the_whole_name(answer: tuple[str, ...]) -> None:
    resolve, asked = resolving(*answer)
    with pytest.raises(net.GuardError):
        await get("http://feeds.example.org/", resolve=resolve)
    assert asked == ["feeds.example.org"]


async def test_N2_the_name_is_resolved_once_and_kept_as_host() -> None:
    async with serving({"/": reply(b"ok")}) as server:
        resolve, asked = resolving("127.0.0.1")
        name = f"feeds.example.org:{server.port}"
        answer = await get(f"http://{name}/", name, resolve=resolve)
        assert answer.text == "ok"
        assert asked == ["feeds.example.org"]
        assert server.asked[0].headers["host"] == name


async def test_N2_tls_is_asked_for_by_name_not_by_address() -> None:
    hello: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello.append(await reader.read(2_048))
        writer.close()

    listening = await asyncio.start_server(listen, "127.0.0.1", 0)
    name = f"feeds.example.org:{listening.sockets[0].getsockname()[1]}"
    resolve, _ = resolving("127.0.0.1")
    with pytest.raises(httpx.ConnectError):
        await get(f"https://{name}/", name, resolve=resolve)
    listening.close()
    assert b"feeds.example.org" in hello[0]


async def test_N1_an_allow_entry_opens_its_host_and_port_and_nothing_else() -> None:
    async with serving({"/": reply(b"ok")}) as one, serving({"/": reply(b"no")}) as other:
        assert (await get(one.url(), one.allow)).text == "ok"
        for closed in (other.url(), one.url().replace("127.0.0.1", "127.1")):
            with pytest.raises(net.GuardError):
                await get(closed, one.allow)
        assert not other.asked


async def test_N1_webhook_clients_speak_https_only_but_to_allowed_hosts() -> None:
    async with serving({"/": reply(b"ok")}) as server:
        assert (await get(server.url(), server.allow, https_only=True)).text == "ok"
    resolve, asked = resolving("8.8.8.8")
    with pytest.raises(net.GuardError, match="use https://"):
        await get("http://example.org/", https_only=True, resolve=resolve)
    assert not asked


async def test_N4_redirects_are_never_followed_by_the_client() -> None:
    async with serving({"/": reply(b"", "Location: /next", status=302)}) as server:
        answer = await get(server.url(), server.allow)
    assert answer.status_code == 302
    assert len(server.asked) == 1


async def test_N5_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert not net.client([], user_agent="alertd-test").trust_env
    async with serving({"/": reply(b"ok")}) as server:
        assert (await get(server.url(), server.allow)).text == "ok"
    assert server.asked[0].headers["user-agent"] == "alertd-test"
    assert server.asked[0].headers["accept-encoding"] == "gzip"


async def test_N5_cookies_are_not_kept() -> None:
    async with serving({"/": reply(b"ok", "Set-Cookie: who=you; Path=/")}) as server:
        client = net.client([server.allow], user_agent="alertd-test")
        for _ in range(2):
            await client.get(server.url())
        await client.aclose()
    assert len(server.asked) == 2
    assert "cookie" not in server.asked[1].headers


async def test_N5_an_explicit_proxy_is_used_and_not_asked_for_local_names() -> None:
    resolve, asked = resolving("127.0.0.1")

    async def forward(request: Asked, wire: Wire) -> None:
        await wire.send(reply(request.target.encode()))

    async with serving({"http://feeds.example.org/f": forward}) as proxy:
        url = "http://feeds.example.org/f"
        assert (await get(url, proxy=proxy.url(), resolve=resolve)).text == url
        for local in ("http://localhost/", "http://127.1/", "http://[::1]/", "http://nas.local./"):
            with pytest.raises(net.GuardError):
                await get(local, proxy=proxy.url(), resolve=resolve)
    assert asked == ["127.0.0.1"]
    assert len(proxy.asked) == 1


@pytest.mark.parametrize("entry", ["10.0.0.5", "host:", ":443", "host:0", "host:70000", "host:x"])
def test_an_allow_entry_that_is_no_host_and_port_is_an_error(entry: str) -> None:
    with pytest.raises(ConfigError, match="host:port"):
        net.client([entry], user_agent="alertd-test")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "proxy.example.org:3128", "http://"])
def test_a_proxy_of_another_kind_is_an_error(proxy: str) -> None:
    with pytest.raises(ConfigError, match=r"network\.proxy"):
        net.client([], proxy, user_agent="alertd-test")


def test_N2_the_pool_behind_the_client_is_the_guarded_one() -> None:
    transport = net.client([], user_agent="alertd-test")._transport
    assert isinstance(transport, net._Transport)
    assert isinstance(transport._pool._network_backend, net._Guard)


def test_tls_is_verified_and_its_context_made_once() -> None:
    context = net.tls_context()
    assert context is net.tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


async def test_an_unknown_name_and_a_slow_resolver_are_connect_errors() -> None:
    async def unknown(host: str, port: int) -> Collection[str]:
        raise OSError(host, port)

    with pytest.raises(httpx.ConnectError):
        await get("http://example.org/", resolve=unknown)
    with pytest.raises(httpx.ConnectError):
        await get("http://example.org/", resolve=resolving()[0])


async def test_N1_the_guard_itself_opens_no_other_port_and_no_local_socket() -> None:
    resolve, asked = resolving("8.8.8.8")
    guard = net._Guard(frozenset(), resolve)
    with pytest.raises(net.GuardError):
        await guard.connect_tcp("example.org", 22)
    with pytest.raises(net.GuardError):
        await guard.connect_unix_socket("/run/other.sock")
    assert not asked


async def test_a_resolver_that_does_not_answer_is_given_up() -> None:
    async def silent(host: str, port: int) -> Collection[str]:
        await asyncio.Event().wait()
        return [host, str(port)]

    guard = net._Guard(frozenset(), silent)
    with pytest.raises(httpcore.ConnectTimeout):
        await guard.connect_tcp("example.org", 443, timeout=0.01)
