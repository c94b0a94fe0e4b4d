"""Reliability rules F1, F3 to F6 and N4: what one fetch may cost, and what an answer means."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx  # noqa: TID251 - a redirect is judged as an httpx URL
import pytest

from alertd import net
from alertd.core.feed import Reply, Request, Validators
from alertd.core.retry_after import parse_retry_after
from alertd.errors import FetchError
from alertd.fetch import Fetcher, Limits, next_hop
from tests.httpserver import Answer, Asked, HttpServer, Wire, reply, serving

NOW = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
SMALL = Limits(deadline=5.0, wire=64 * 1024, body=64 * 1024)


@asynccontextmanager
async def fetching(
    routes: dict[str, Answer], limits: Limits = SMALL, *, own: bool = False
) -> AsyncIterator[tuple[HttpServer, Fetcher]]:
    """A server and a fetcher that may reach it."""
    async with (
        serving(routes) as server,
        net.client([server.allow], user_agent="alertd-test") as client,
    ):
        yield (
            server,
            Fetcher(client, clock=lambda: NOW, limits=limits, own=[server.allow] if own else []),
        )


async def refusal(routes: dict[str, Answer], path: str = "/", limits: Limits = SMALL) -> FetchError:
    """The error that fetching ``path`` ends with."""
    async with fetching(routes, limits) as (server, fetcher):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url(path)))
    message = str(raised.value)
    assert "\n" not in message
    assert len(message) < 200
    return raised.value


async def test_an_answer_comes_whole_with_its_validators() -> None:
    page = reply(b"<rss/>", 'ETag: W/"a b"', "Last-Modified: yesterday, perhaps", "X-Y: z")
    async with fetching({"/f": page}) as (server, fetcher):
        got = await fetcher.fetch(Request(server.url("/f"), {"X-Want": "all"}))
    assert got == Reply(
        url=server.url("/f"),
        status=200,
        headers=got.headers,
        body=b"<rss/>",
        validators=Validators('W/"a b"', "yesterday, perhaps"),
    )
    assert got.headers["x-y"] == "z"
    assert server.asked[0].headers["x-want"] == "all"
    assert "rss" in server.asked[0].headers["accept"]
    assert "if-none-match" not in server.asked[0].headers


async def test_F4_validators_go_back_byte_for_byte() -> None:
    odd = '"caf\u00e9 \u00fe"'
    page = reply(b"x", f"ETag: {odd}")
    async with fetching({"/f": page}) as (server, fetcher):
        first = await fetcher.fetch(Request(server.url("/f")))
        await fetcher.fetch(Request(server.url("/f")), first.validators)
    assert server.asked[1].headers["if-none-match"] == odd


async def test_F4_a_304_keeps_the_validators_and_has_no_body() -> None:
    async with fetching({"/f": reply(b"", 'ETag: "new"', status=304)}) as (server, fetcher):
        got = await fetcher.fetch(Request(server.url("/f")), Validators('"old"', "Mon"))
    assert got.unchanged
    assert got.body == b""
    assert got.validators == Validators('"new"', "Mon")


async def test_F4_a_304_that_nobody_asked_for_is_an_error() -> None:
    assert "nothing changed" in str(await refusal({"/": reply(status=304)}))


async def test_F4_a_validator_over_1_kB_is_not_kept() -> None:
    page = reply(b"x", f"ETag: {'e' * 1_025}", f"Last-Modified: {'m' * 1_024}")
    async with fetching({"/f": page}) as (server, fetcher):
        got = await fetcher.fetch(Request(server.url("/f")))
    assert got.validators == Validators(None, "m" * 1_024)


async def test_F1_a_gzip_answer_is_unpacked() -> None:
    body = b"<rss>" + b"Almerys " * 1_000 + b"</rss>"
    packed = gzip.compress(body[:100]) + gzip.compress(body[100:]) + b"\0" * 8
    async with fetching({"/f": reply(packed, "Content-Encoding: gzip")}) as (server, fetcher):
        got = await fetcher.fetch(Request(server.url("/f")))
    assert got.body == body


async def test_F1_a_gzip_bomb_is_refused_after_its_first_piece() -> None:
    bomb = gzip.compress(bytes(30_000_000), 1)
    limits = Limits(deadline=5.0, wire=10_000_000, body=64 * 1024)
    error = await refusal({"/": reply(bomb, "Content-Encoding: gzip")}, limits=limits)
    assert "64 KiB" in str(error)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate", "x"])
async def test_F1_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    packed = gzip.compress(gzip.compress(b"<rss/>"))
    error = await refusal({"/": reply(packed, f"Content-Encoding: {encoding}")})
    assert "not asked for" in str(error)


async def test_F1_two_encoding_headers_are_two_encodings() -> None:
    twice = reply(gzip.compress(b"x"), "Content-Encoding: gzip", "Content-Encoding: gzip")
    assert "not asked for" in str(await refusal({"/": twice}))


@pytest.mark.parametrize("packed", [b"no gzip at all", gzip.compress(b"<rss/>", mtime=0)[:-4]])
async def test_F3_gzip_that_is_broken_or_cut_is_an_error(packed: bytes) -> None:
    error = await refusal({"/": reply(packed, "Content-Encoding: gzip")})
    assert "gzip" in str(error) or "cut short" in str(error)


async def endless(_asked: Asked, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while not wire.stopping.is_set():
        await wire.send(b"<item>" * 1_000)


async def test_F1_an_endless_body_is_refused_at_the_cap() -> None:
    assert "64 KiB" in str(await refusal({"/": endless}))


async def drip(_asked: Asked, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while not wire.stopping.is_set():
        await wire.send(b"x")
        await wire.hold(0.01)


async def silence(_asked: Asked, wire: Wire) -> None:
    await wire.hold()


@pytest.mark.parametrize("script", [drip, silence])
async def test_F1_a_slow_answer_ends_at_the_deadline(script: Answer) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    error = await refusal({"/": script}, limits=Limits(deadline=0.2))
    assert "0.2 s" in str(error)
    assert loop.time() - started < 3.0


async def test_F1_the_deadline_holds_over_all_redirects_together() -> None:
    async def slow_hop(asked: Asked, wire: Wire) -> None:
        await wire.hold(0.1)
        await wire.send(reply(b"", f"Location: {asked.target}x", status=302))

    class Hops(dict[str, Answer]):
        def get(self, _key: str, _default: object = None) -> Answer:
            return slow_hop

    limits = Limits(deadline=0.25, hops=50)
    error = await refusal(Hops(), limits=limits)
    assert "0.25 s" in str(error)


async def test_F3_a_body_shorter_than_it_says_is_an_error() -> None:
    assert "broke off" in str(await refusal({"/": reply(b"<rss>", length=500)}))


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x01 no http", b"HTTP/1.1 two hundred\r\n\r\n"])
async def test_F3_what_is_no_http_is_an_error(first: bytes) -> None:
    assert "HTTP" in str(await refusal({"/": first}))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (206, "part"),
        (400, "look at the address"),
        (401, "login"),
        (403, "refuses"),
        (404, "new address"),
        (500, "asked again"),
        (302, "look at the address"),
    ],
)
async def test_F3_any_other_status_is_one_line_on_what_to_do(status: int, words: str) -> None:
    error = await refusal({"/": reply(b"<rss/>", status=status)})
    assert f"answered {status}" in str(error)
    assert words in str(error)
    assert not error.gone
    assert error.retry_after is None


async def test_F6_an_answer_410_marks_the_source_as_gone() -> None:
    error = await refusal({"/": reply(status=410)})
    assert error.gone
    assert "for good" in str(error)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("Tue, 12 May 2026 10:05:00 GMT", 300.0), ("soon", None), ("-5", None)],
)
async def test_F5_retry_after_comes_with_the_error(
    status: int, header: str, seconds: float | None
) -> None:
    error = await refusal({"/": reply(b"", f"Retry-After: {header}", status=status)})
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 60 ", 60.0),
        ("1.5", 1.5),
        ("٣", None),
        ("1e9", None),
        ("99999999999999999999", None),
        ("Tue, 12 May 2026 12:00:00 +0200", 0.0),
        ("Tue, 12 May 2026 10:00:30 -0000", 30.0),
        ("Tuesday, 12-May-26 10:01:00 GMT", 60.0),
        ("Tue May 12 10:01:00 2026", 60.0),
        ("Mon, 11 May 2026 10:00:00 GMT", 0.0),
        ("Tue, 99 May 2026 10:00:00 GMT", None),
    ],
)
def test_F5_every_form_of_retry_after_is_read(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


async def test_F6_redirects_are_followed_to_the_end() -> None:
    routes: dict[str, Answer] = {
        "/a": reply(b"", "Location: /b", status=301),
        "/b": reply(b"", "Location: ./c?x=1#part", status=308),
        "/c": reply(b"<rss/>", 'ETag: "c"'),
    }
    async with fetching(routes) as (server, fetcher):
        got = await fetcher.fetch(Request(server.url("/a")), Validators('"c"'))
    assert got.url == server.url("/c?x=1")
    assert [asked.target for asked in server.asked] == ["/a", "/b", "/c?x=1"]
    assert server.asked[2].headers["if-none-match"] == '"c"'


async def test_N4_a_redirect_loop_ends_after_five_hops() -> None:
    routes: dict[str, Answer] = {"/": reply(b"", "Location: /", status=302)}
    async with fetching(routes) as (server, fetcher):
        with pytest.raises(FetchError, match="more than 5 times"):
            await fetcher.fetch(Request(server.url("/")))
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://localhost:22/",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/",
        "http://0177.0.0.1/",
        "http://[/",
    ],
)
async def test_N4_each_hop_is_judged_anew(location: str) -> None:
    error = await refusal({"/": reply(b"", f"Location: {location}", status=302)})
    assert "secret" not in str(error)
    assert "meta-data" not in str(error)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://b.example.org/f", "https://b.example.org/f"),
        ("//b.example.org/f", "https://b.example.org/f"),
        ("../f#top", "https://a.example.org/f"),
        ("http://a.example.org/x/feed", None),
        ("https://0177.0.0.1/", None),
    ],
)
def test_N4_https_is_never_left_for_http(location: str, target: str | None) -> None:
    url = httpx.URL("https://a.example.org/x/feed")
    if target is None:
        with pytest.raises(FetchError, match=r"not followed|no address"):
            next_hop(url, location)
    else:
        assert str(next_hop(url, location)) == target


async def test_N4_credentials_do_not_follow_to_another_origin() -> None:
    async with serving({"/f": reply(b"<rss/>")}) as other:
        routes: dict[str, Answer] = {"/": reply(b"", f"Location: {other.url('/f')}", status=302)}
        async with (
            serving(routes) as server,
            net.client([server.allow, other.allow], user_agent="alertd-test") as client,
        ):
            fetcher = Fetcher(client, clock=lambda: NOW, limits=SMALL)
            secrets = {"Authorization": "Bearer t", "X-Api-Key": "k", "Cookie": "c=1"}
            await fetcher.fetch(Request(server.url("/"), secrets))
    assert server.asked[0].headers["authorization"] == "Bearer t"
    assert not {"authorization", "x-api-key", "cookie"} & other.asked[0].headers.keys()
    assert "rss" in other.asked[0].headers["accept"]


async def test_N1_user_information_in_a_url_is_refused_and_not_shown() -> None:
    async with fetching({}) as (server, fetcher):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(f"http://user:secret@{server.allow}/token"))
    assert "secret" not in str(raised.value)
    assert not server.asked


@pytest.mark.parametrize("url", ["http://[", "http://0177.0.0.1/", "nonsense", "", "http:///f"])
async def test_a_url_that_is_none_is_one_line(url: str) -> None:
    async with fetching({}) as (_, fetcher):
        with pytest.raises(FetchError):
            await fetcher.fetch(Request(url))


async def test_errors_show_the_host_but_not_the_path() -> None:
    error = await refusal({"/s3cret-path": reply(status=404)}, "/s3cret-path?token=abc")
    assert "127.0.0.1" in str(error)
    assert "s3cret" not in str(error)
    assert "abc" not in str(error)


async def test_a_server_that_is_down_and_one_without_tls_are_told_apart() -> None:
    async with fetching({"/": reply(b"x")}) as (server, fetcher):
        with pytest.raises(FetchError, match="no TLS"):
            await fetcher.fetch(Request(server.url().replace("http:", "https:")))
    async with net.client([server.allow], user_agent="alertd-test") as client:
        with pytest.raises(FetchError, match="could not be reached"):
            await Fetcher(client, clock=lambda: NOW).fetch(Request(server.url()))


async def test_a_proxy_that_refuses_is_named_as_the_cause() -> None:
    async with (
        serving({"feeds.example.org:443": reply(status=403)}) as proxy,
        net.client([], proxy.url(), user_agent="alertd-test") as client,
    ):
        with pytest.raises(FetchError, match=r"network\.proxy"):
            await Fetcher(client, clock=lambda: NOW).fetch(Request("https://feeds.example.org/f"))


@pytest.mark.parametrize(("own", "at_once"), [(False, 1), (True, 3)])
async def test_a_public_host_is_asked_one_request_at_a_time(own: bool, at_once: int) -> None:  # noqa: FBT001 - a case
    async def slow(_asked: Asked, wire: Wire) -> None:
        await wire.hold(0.05)
        await wire.send(reply(b"ok"))

    async with fetching({"/": slow}, own=own) as (server, fetcher):
        await asyncio.gather(*(fetcher.fetch(Request(server.url())) for _ in range(3)))
    assert server.most_at_once == at_once
