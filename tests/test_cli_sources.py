"""alertd source: what is shipped, what is known of one, and polling by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.daemon import alertd, running
from tests.httpserver import reply, serving
from tests.scene import almerys, configure, feed, item, person, source
from tests.smtpserver import SMTPServer

pytestmark = pytest.mark.slow
"""Each starts whole programs: half a second at least every time."""

SHIPPED = {"hibp", "frenchbreaches", "bleepingcomputer", "databreaches-net", "hhs-ocr"}


async def test_kinds_are_printed_one_a_line(tmp_path: Path) -> None:
    code, out = await alertd(tmp_path, "source", "kinds")
    assert code == 0
    lines = out.splitlines()
    assert {"feed", *SHIPPED} <= set(lines)
    assert len(set(lines)) == len(lines)
    assert all(line == line.strip() and " " not in line for line in lines)


async def test_the_list_says_which_source_was_never_seen_for_real(tmp_path: Path) -> None:
    tmp_path.joinpath("alertd.toml").write_text("", encoding="utf-8")
    code, out = await alertd(tmp_path, "source", "list", "--json")
    assert code == 0
    observed = {row["name"]: row["observed"] for row in json.loads(out)}
    assert observed == dict.fromkeys(SHIPPED, True) | {"hhs-ocr": False}
    _, table = await alertd(tmp_path, "source", "list")
    row = next(line for line in table.splitlines() if line.startswith("hhs-ocr"))
    assert row.split()[-1] == "no"


async def test_show_tells_everything_of_a_source(tmp_path: Path) -> None:
    tmp_path.joinpath("alertd.toml").write_text("", encoding="utf-8")
    code, out = await alertd(tmp_path, "source", "show", "hibp", "--json")
    assert code == 0
    shown = json.loads(out)
    assert shown["url"] == "https://haveibeenpwned.com/api/v3/breaches"
    assert (shown["tier"], shown["dated"], shown["every"]) == ("curated", "posting", "6h")
    assert (shown["publisher"], shown["max_items"]) == ("Have I Been Pwned", 20_000)
    assert shown["licence"]
    assert (shown["state"], shown["error"], shown["items"]) == ("new", None, None)
    _, text = await alertd(tmp_path, "source", "show", "hhs-ocr")
    assert "dated: event\n" in text
    assert "observed: no\n" in text
    code, said = await alertd(tmp_path, "source", "show", "hipb")
    assert (code, said) == (2, "alertd: there is no source 'hipb': did you mean 'hibp'?\n")


async def test_poll_reads_what_is_due_joins_it_and_sends_nothing(tmp_path: Path) -> None:
    known = almerys()
    pages = {"/press": feed(known)}
    async with serving(pages) as server, SMTPServer() as mail:
        tables = [source(server, name).replace('"1s"', '"1h"') for name in ("press", "gone")]
        configure(tmp_path, server, mail, *tables, person("patient"), polled=("press", "gone"))
        code, out = await alertd(tmp_path, "source", "poll")
        assert code == 1, "one of them could not be read"
        assert "press: 1 report new or changed\n" in out
        assert "alertd: gone: 127.0.0.1:" in out
        assert "1 message to send: `alertd run --once` does\n" in out
        assert mail.messages == []
        _, listed = await alertd(tmp_path, "incident", "list", "--json")
        assert [row["title"] for row in json.loads(listed)] == ["Almerys"]
        code, out = await alertd(tmp_path, "source", "poll")
        assert (code, out) == (0, "no source is due: see `alertd source list`\n")
        _, shown = await alertd(tmp_path, "source", "show", "gone", "--json")
        told = json.loads(shown)
        assert (told["state"], told["failures"], told["items"]) == ("failing", 1, 0)
        assert "answered 404" in told["error"]
        pages["/press"] = feed(known, item("two", "Shop Lagon hacked", "Names leaked."))
        code, out = await alertd(tmp_path, "source", "poll", "press")
        assert (code, out) == (0, "press: 1 report new or changed\n"), (
            "who is named is not waited for"
        )
        assert (await alertd(tmp_path, "run", "--once"))[0] == 0
        assert len(mail.messages) == 1


async def test_what_is_named_is_not_asked_before_the_floor_or_the_servers_wish(
    tmp_path: Path,
) -> None:
    busy = reply(b"", "Retry-After: 600", status=429)
    async with serving({"/press": busy}) as server:
        configure(tmp_path, server, None, source(server, "press"))
        assert (await alertd(tmp_path, "source", "poll", "press"))[0] == 1
        code, out = await alertd(tmp_path, "source", "poll", "press")
        assert code == 0
        assert out.startswith("press: not asked before ")
        assert len(server.asked) == 1


async def test_poll_refuses_what_is_not_polled(tmp_path: Path) -> None:
    async with serving({}) as server:
        configure(tmp_path, server, None, source(server, "press"))
        code, out = await alertd(tmp_path, "source", "poll", "hibp")
    assert code == 2
    assert out == "alertd: hibp is not polled: add it to polling.sources first\n"


async def test_with_a_daemon_on_the_store_poll_says_what_to_do(tmp_path: Path) -> None:
    async with serving({"/press": feed()}) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        async with running(tmp_path):
            code, out = await alertd(tmp_path, "source", "poll")
    assert code == 1
    assert out.count("\n") == 1
    assert "a daemon is running on this store and polls what is due by itself" in out
