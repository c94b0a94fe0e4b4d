"""Posts through real sockets: what the peer says, what it does not, and what is never told."""

from __future__ import annotations

import asyncio
import gc
import logging
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from alertd import log, net
from alertd.channels import kinds
from alertd.channels._http import HookSettings
from alertd.core.outbox import Refused
from alertd.core.transport import Answer, Post
from alertd.send import Senders
from alertd.send.http import Outside, Poster
from tests.conftest import NOON
from tests.httpserver import Answer as Served
from tests.httpserver import Asked, HttpServer, Wire, reply, serving
from tests.smtpserver import certificate

MATRIX = tomllib.loads((Path(__file__).parent / "channels/http_matrix.toml").read_text())["case"]
TOKEN = "B0H9S0Y05-made-up-token-4711"
PATH = f"/services/T024F4EL1/{TOKEN}"
BODY = '{"text":"Fuite de données"}'.encode()
HASTY = 0.4
"""Seconds for servers that hang; nothing else may depend on how fast this machine is."""


def post(server: HttpServer, path: str = PATH) -> Post:
    return Post(server.url(path), (("Content-Type", "application/json"), ("webhook-id", "x")), BODY)


@asynccontextmanager
async def posting(
    served: Served, *, total: float = 30.0, path: str = PATH
) -> AsyncIterator[tuple[HttpServer, Poster]]:
    """A server that answers ``path`` so, and a poster that may ask it."""
    async with serving({path: served}) as server:
        poster = Poster(lambda: Outside(allow=(server.allow,)), clock=lambda: NOON, total=total)
        yield server, poster
        await poster.aclose()
    gc.collect()  # a socket left open warns here, where a warning is an error


async def answered(served: Served, *, total: float = 30.0) -> Answer:
    async with posting(served, total=total) as (server, poster):
        return await poster.post(post(server))


# --- what is sent ---


async def test_what_arrives_is_what_was_signed_byte_for_byte() -> None:
    async with posting(reply(b"ok")) as (server, poster):
        assert await poster.post(post(server)) == Answer("answer", 200, "200 ok")
    [asked] = server.asked
    assert (asked.method, asked.target, asked.body) == ("POST", PATH, BODY)
    assert asked.headers["webhook-id"] == "x"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"] == "alertd"
    assert int(asked.headers["content-length"]) == len(BODY)
    assert "cookie" not in asked.headers


async def test_the_network_settings_of_now_are_used_and_the_former_client_is_closed() -> None:
    async with serving({PATH: reply(b"ok")}) as server:
        ways = [Outside(user_agent="old")]
        poster = Poster(lambda: ways[-1])
        assert (await poster.post(post(server))).stage == "guard"
        former = poster._line
        ways.append(Outside(allow=(server.allow,), user_agent="new (+ops@example.org)"))
        assert (await poster.post(post(server))).code == 200
        assert former is not None
        assert former.client.is_closed
        await poster.aclose()
    assert server.asked[0].headers["user-agent"] == "new (+ops@example.org)"


async def test_a_change_of_settings_lets_a_request_under_way_end() -> None:
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_asked: Asked, wire: Wire) -> None:
        under_way.set()
        await go_on.wait()
        await wire.send(reply(b"at last"))

    async with serving({"/slow": slow, "/quick": reply(b"ok")}) as server:
        ways = [Outside(allow=(server.allow,))]
        poster = Poster(lambda: ways[-1])
        first = asyncio.create_task(poster.post(post(server, "/slow")))
        await under_way.wait()
        former = poster._line
        ways.append(Outside(allow=(server.allow,), user_agent="new"))
        assert (await poster.post(post(server, "/quick"))).code == 200
        go_on.set()
        assert await first == Answer("answer", 200, "200 at last")
        assert former is not None
        assert former.client.is_closed
        await poster.aclose()


# --- what the peer says ---


@pytest.mark.parametrize("case", MATRIX, ids=[f"{case['kind']}-{case['name']}" for case in MATRIX])
async def test_every_row_of_the_http_matrix_ends_in_its_outcome(case: Mapping[str, Any]) -> None:
    answer = await answered(reply(str(case.get("text", "")).encode(), status=case["code"]))
    outcome = kinds()[case["kind"]].judge(answer)
    found = outcome.refusal.value if isinstance(outcome, Refused) else type(outcome).__name__
    assert found.lower() == case["outcome"], answer


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 120", 120.0),
        (f"Retry-After: {format_datetime(NOON + timedelta(minutes=5), usegmt=True)}", 300.0),
        (f"Retry-After: {format_datetime(NOON - timedelta(days=1), usegmt=True)}", 0.0),
        ("Retry-After: 9999999999", 9_999_999_999.0),
        ("Retry-After: -5", None),
        ("Retry-After: soon", None),
        ("Retry-After:", None),
        ("X: y", None),
    ],
)
async def test_both_forms_of_retry_after_are_read(header: str, seconds: float | None) -> None:
    answer = await answered(reply(b"slow down", header, status=429))
    assert answer == Answer("answer", 429, "429 slow down", seconds)


async def test_N4_a_redirect_is_an_answer_and_is_not_followed() -> None:
    routes: dict[str, Served] = {
        PATH: reply(b"", "Location: /other", status=308),
        "/other": reply(b"ok"),
    }
    async with serving(routes) as server:
        poster = Poster(lambda: Outside(allow=(server.allow,)))
        answer = await poster.post(post(server))
        await poster.aclose()
    assert answer.code == 308
    assert [asked.target for asked in server.asked] == [PATH]


async def test_a_cookie_is_never_sent_back() -> None:
    async with posting(reply(b"ok", "Set-Cookie: a=b")) as (server, poster):
        await poster.post(post(server))
        await poster.post(post(server))
    assert all("cookie" not in asked.headers for asked in server.asked)
    assert len(server.asked) == 2


async def test_no_more_than_4_kilobytes_of_an_answer_are_read() -> None:
    sent = 0

    async def endless(_asked: Asked, wire: Wire) -> None:
        nonlocal sent
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await wire.send(b"x" * 65_536)
            sent += 65_536

    answer = await answered(endless)
    assert (answer.code, len(answer.text)) == (200, 500)
    assert sent < 64 * 65_536, "the peer was cut off"


async def test_a_yes_whose_body_never_ends_is_still_a_yes() -> None:
    async def drip(_asked: Asked, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")
        await wire.hold()

    assert await answered(drip, total=HASTY) == Answer("answer", 200, "200 ok")


async def test_a_yes_whose_body_is_cut_off_is_still_a_yes() -> None:
    cut = reply(b"ok", length=9)
    assert (await answered(cut)).code == 200


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "500 Internal Server Error"),
        (b" two\r\nlines \x1b[31m\x00 ", "500 two lines [31m"),
        ("\u202edone\u2028".encode(), "500 done"),
        (b"\xff\xfe broken", "500 \ufffd\ufffd broken"),
    ],
)
async def test_the_words_of_the_peer_are_one_clean_line(body: bytes, text: str) -> None:
    assert (await answered(reply(body, status=500))).text == text


async def test_an_answer_in_another_encoding_is_not_shown() -> None:
    packed = reply(b"\x1f\x8b\x08 garbage", "Content-Encoding: gzip", status=500)
    assert (await answered(packed)).text == "500 Internal Server Error"


# --- where no answer comes ---


async def test_a_port_that_nobody_listens_on_was_sent_nothing() -> None:
    async with serving({}) as gone:
        wanted = post(gone)
    poster = Poster(lambda: Outside(allow=(gone.allow,)))
    answer = await poster.post(wanted)
    await poster.aclose()
    assert answer == Answer("connect", 0, f"{gone.allow} could not be reached")


async def test_a_host_that_has_no_address_was_sent_nothing() -> None:
    poster = Poster(lambda: Outside(allow=("nowhere.invalid:443",)))
    answer = await poster.post(Post("https://nowhere.invalid/made-up-4711", (), b"{}"))
    await poster.aclose()
    assert answer == Answer("connect", 0, "nowhere.invalid could not be reached")


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 2", b"garbage\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
async def test_an_answer_that_breaks_off_is_ambiguous(said: bytes) -> None:
    answer = await answered(said)
    assert (answer.stage, answer.code) == ("answer", 0)
    assert "broke off, or did not answer in HTTP" in answer.text
    assert type(kinds()["webhook"].judge(answer)).__name__ == "Ambiguous"


async def test_an_answer_that_never_comes_is_ambiguous() -> None:
    async def silent(_asked: Asked, wire: Wire) -> None:
        await wire.hold()

    answer = await answered(silent, total=HASTY)
    assert (answer.stage, answer.code) == ("answer", 0)
    assert answer.text.endswith("did not answer within 0.4 s")


async def test_a_peer_that_closes_before_tls_was_sent_nothing() -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    poster = Poster(lambda: Outside(allow=(f"127.0.0.1:{port}",)))
    answer = await poster.post(Post(f"https://127.0.0.1:{port}/made-up-4711", (), b"{}"))
    await poster.aclose()
    server.close()
    await server.wait_closed()
    assert (answer.stage, answer.code) == ("connect", 0)


async def test_a_certificate_that_is_not_trusted_is_named_and_nothing_sent(tmp_path: Path) -> None:
    context, _ = certificate(tmp_path)
    took: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        took.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    poster = Poster(lambda: Outside(allow=(f"localhost:{port}",)))
    answer = await poster.post(Post(f"https://localhost:{port}/made-up-4711", (), b"{}"))
    await poster.aclose()
    server.close()
    await server.wait_closed()
    assert (answer.stage, answer.code) == ("connect", 0)
    assert answer.text.startswith(f"localhost:{port}: its certificate is not valid: ")
    assert b"".join(took) == b""


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://127.0.0.1/made-up-4711", "127.0.0.1 is not on the public Internet"),
        ("https://localhost/made-up-4711", "localhost is not on the public Internet"),
        ("https://192.168.1.7:8443/made-up-4711", "neither port 80 nor 443"),
        ("http://example.org/made-up-4711", "use https://"),
        ("https://user:made-up-4711@example.org/", "user name or password"),
        ("made-up-4711", "no web address"),
        ("https://example.org/\x00made-up-4711", "no web address"),
    ],
)
async def test_N1_an_address_that_the_guard_refuses_is_permanent_and_not_shown(
    url: str, words: str
) -> None:
    poster = Poster(Outside)
    answer = await poster.post(Post(url, (), b"{}"))
    await poster.aclose()
    assert (answer.stage, answer.code) == ("guard", 0)
    assert words in answer.text
    assert "made-up-4711" not in answer.text
    outcome = kinds()["webhook"].judge(answer)
    assert isinstance(outcome, Refused)
    assert outcome.refusal.value == "endpoint-permanent"


async def test_N2_a_name_that_leads_inside_is_refused_without_its_address() -> None:
    async def inside(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.1.2.3"]

    client = net.client((), user_agent="x", https_only=True, resolve=inside)
    poster = Poster(Outside)
    line = await poster._current()
    await line.client.aclose()
    line.client = client
    answer = await poster.post(Post("https://hooks.example.org/made-up-4711", (), b"{}"))
    await poster.aclose()
    assert answer.stage == "guard"
    assert "hooks.example.org is not on the public Internet" in answer.text
    assert "10.1.2.3" not in answer.text


async def test_a_proxy_that_refuses_was_sent_nothing_of_ours() -> None:
    async with serving({}) as proxy:
        poster = Poster(lambda: Outside(proxy=proxy.url("")))
        answer = await poster.post(Post("https://hooks.example.org/made-up-4711", (), BODY))
        await poster.aclose()
    assert (answer.stage, answer.code) == ("connect", 0)
    assert "through the proxy" in answer.text
    assert [asked.method for asked in proxy.asked] == ["CONNECT"]
    assert "made-up-4711" not in str(proxy.asked)


# --- secrets ---


@pytest.mark.parametrize(
    "echo",
    [
        lambda server: server.url(PATH),
        lambda _: PATH,
        lambda _: TOKEN,
        lambda _: f"no such hook: {TOKEN}!",
        lambda _: "x" * 480 + TOKEN,
        lambda _: f"Cannot POST {PATH}",
    ],
)
async def test_an_answer_that_repeats_the_address_does_not_reach_anybody(
    echo: Callable[[HttpServer], str],
) -> None:
    async with serving({}) as server:
        server.routes = {PATH: reply(echo(server).encode(), status=404)}
        poster = Poster(lambda: Outside(allow=(server.allow,)))
        answer = await poster.post(post(server))
        await poster.aclose()
    assert TOKEN not in answer.text
    assert TOKEN[:20] not in answer.text


async def test_a_secret_in_a_query_is_not_repeated_in_any_spelling() -> None:
    secret = "sig=abc%2Fdef%2Bghi-4711"
    async with posting(
        reply(b"abc/def+ghi-4711 and abc%2Fdef%2Bghi-4711", status=401), path="/flow"
    ) as (server, poster):
        answer = await poster.post(post(server, f"/flow?{secret}"))
    assert answer.text == "401 [secret] and [secret]"


async def test_a_short_path_is_not_repeated_either() -> None:
    async with posting(reply(b"Cannot POST /in", status=404), path="/in") as (server, poster):
        answer = await poster.post(post(server, "/in"))
    assert answer.text == "404 Cannot POST [secret]"


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """All that is logged meanwhile."""
    root = logging.getLogger()
    level, values, pattern = root.level, set(log._secrets.values), log._secrets.pattern
    stream = StringIO()
    log.configure(stream=stream, level="debug", json=True, journal=False)
    yield stream
    structlog.reset_defaults()
    for handler in [item for item in root.handlers if isinstance(item, log._Handler)]:
        root.removeHandler(handler)
    root.setLevel(level)
    log._secrets.values, log._secrets.pattern = values, pattern


async def test_no_log_line_holds_the_address(
    logged: StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    async with posting(reply(b"no", status=404)) as (server, poster):
        await poster.post(post(server))
        wrong = Post(f"https://127.0.0.1:1{PATH}", (), BODY)
        await poster.post(wrong)
    assert TOKEN not in logged.getvalue()
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(post(server))
    assert TOKEN not in repr(poster.__dict__)


# --- through the senders of the app ---


async def test_a_post_needs_a_channel_that_has_an_address() -> None:
    async with (
        serving({PATH: reply(b"ok")}) as server,
        Senders(outside=lambda: Outside(allow=(server.allow,))) as senders,
    ):
        settings = HookSettings(kind="slack", url=SecretStr(server.url(PATH)))
        assert (await senders.send("team", settings, post(server))).code == 200


@pytest.mark.parametrize("host", ["xn--", "a..b", "é" * 70, "0x7f.1", "a_b.invalid", "-"])
async def test_a_broken_name_is_an_answer_and_no_crash(host: str) -> None:
    poster = Poster(lambda: Outside(allow=("a_b.invalid:443", "-:443")))
    for answer in (
        await poster.post(Post(f"https://{host}/made-up-4711", (), BODY)),
        await poster.probe(f"https://{host}/made-up-4711"),
    ):
        assert answer.code == 0
        assert answer.stage in {"connect", "guard"}
        assert "made-up-4711" not in answer.text
    await poster.aclose()


async def test_a_probe_asks_the_host_and_not_the_address() -> None:
    async with (
        serving({}) as server,
        Senders(outside=lambda: Outside(allow=(server.allow,))) as senders,
    ):
        settings = HookSettings(kind="slack", url=SecretStr(server.url(f"{PATH}?a=b")))
        answer = await senders.probe("team", settings)
        assert answer is not None
        assert answer.code == 200
        assert answer.text.startswith(f"{server.allow} answers, not encrypted")
    assert [(asked.method, asked.target) for asked in server.asked] == [("HEAD", "/")]
    async with Senders() as senders:
        refused = await senders.probe("team", settings)
    assert refused is not None
    assert (refused.stage, refused.code) == ("guard", 0)


@pytest.mark.parametrize(
    ("status", "text"), [(299, "299"), (599, "599"), (405, "405 Method Not Allowed")]
)
async def test_a_status_without_words_of_its_own_is_a_number(status: int, text: str) -> None:
    assert (await answered(reply(status=status))).text == text


async def test_a_peer_that_speaks_no_tls_was_sent_nothing() -> None:
    async with serving({PATH: reply(b"ok")}) as server:
        poster = Poster(lambda: Outside(allow=(server.allow,)))
        answer = await poster.post(Post(f"https://{server.allow}{PATH}", (), BODY))
        await poster.aclose()
    assert answer == Answer("connect", 0, f"{server.allow}: no TLS could be agreed")
    assert server.asked == []
