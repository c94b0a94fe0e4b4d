"""Reliability rule F2: the parser cannot freeze the daemon or eat the machine."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alertd.core.feed import Reply, Source
from alertd.core.model import DataType, Mark, Reading, Report
from alertd.errors import ParseError
from alertd.parsing import COMMAND, Reader
from alertd.sources import SourceSettings, build, catalogue

MISBEHAVING = (sys.executable, "-P", "-m", "tests.parsingchild")
SAMPLES = Path(__file__).parent / "data" / "sources"
OWN = build(SourceSettings(name="ours", url="https://isac.example.org/feed.xml"))


def reply(body: bytes, status: int = 200) -> Reply:
    return Reply(url=OWN.request.url, status=status, headers={"content-type": "x"}, body=body)


@asynccontextmanager
async def reading(
    command: tuple[str, ...] = MISBEHAVING,
    *,
    children: int = 1,
    seconds: float = 20.0,
    idle: float = 10.0,
) -> AsyncIterator[Reader]:
    reader = Reader(command=command, children=children, seconds=seconds, idle=idle)
    try:
        yield reader
    finally:
        await reader.aclose()


async def ask(reader: Reader, word: str, source: Source = OWN) -> tuple[Report, Reading]:
    """The one report that the misbehaving source gives for a word."""
    (pair,) = await reader.read(source, reply(word.encode()))
    return pair


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def until_taken(reader: Reader) -> None:
    """Let the loop run until no child rests any more."""
    while reader._resting:  # noqa: ASYNC110 - one turn of the loop, no waiting
        await asyncio.sleep(0)


async def pid_of(reader: Reader) -> int:
    await ask(reader, "nothing")
    return reader._resting[0]._process.pid


async def test_a_shipped_source_is_parsed_and_understood_in_the_child() -> None:
    source = catalogue()["frenchbreaches"]
    body = (SAMPLES / "frenchbreaches" / "three.xml").read_bytes()
    async with reading(COMMAND) as reader:
        found = await reader.read(source, reply(body))
    report, judged = found[0]
    assert report.organisations == ("FrenchInnov",)
    assert judged.relevant
    assert DataType.EMAIL in judged.incidents[0].data_types


async def test_an_unchanged_reply_starts_no_child() -> None:
    async with reading(("/nonexistent",)) as reader:
        assert await reader.read(OWN, reply(b"", status=304)) == []


async def test_a_reply_that_is_no_feed_is_a_parse_error_and_the_child_lives_on() -> None:
    async with reading() as reader:
        before = await pid_of(reader)
        with pytest.raises(ParseError, match="login page") as raised:
            await ask(reader, "refuse")
        assert not raised.value.killed
        assert await pid_of(reader) == before


@pytest.mark.parametrize("word", ["die", "eat", "crash"])
async def test_F2_a_child_that_dies_is_a_parse_error_and_the_next_is_fresh(word: str) -> None:
    async with reading() as reader:
        before = await pid_of(reader)
        with pytest.raises(ParseError, match="died") as raised:
            await ask(reader, word)
        assert raised.value.killed
        assert await pid_of(reader) != before


async def test_F2_a_parse_without_end_is_killed_in_time() -> None:
    async with reading(seconds=0.3) as reader:
        child = await pid_of(reader)
        with pytest.raises(ParseError, match=r"0\.3 s") as raised:
            await ask(reader, "spin")
        assert raised.value.killed
        assert not runs(child)
        assert (await ask(reader, "next"))[0].title == "next"


async def test_F2_a_parse_without_end_does_not_hold_up_another_source() -> None:
    async with reading(children=2, seconds=2.0) as reader:
        spinning = asyncio.create_task(ask(reader, "spin"))
        for word in ("one", "two", "three"):
            assert (await ask(reader, word))[0].title == word
        assert not spinning.done()
        with pytest.raises(ParseError):
            await spinning


async def test_F2_a_read_that_is_given_up_takes_its_child_along() -> None:
    async with reading() as reader:
        child = await pid_of(reader)
        spinning = asyncio.create_task(ask(reader, "spin"))
        await until_taken(reader)
        spinning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await spinning
        assert not runs(child)


async def test_F2_a_child_killed_from_outside_while_it_rests_is_replaced_after_one_error() -> None:
    async with reading() as reader:
        os.kill(await pid_of(reader), signal.SIGKILL)
        with pytest.raises(ParseError):
            await ask(reader, "one")
        assert (await ask(reader, "two"))[0].title == "two"


async def test_F2_the_kernel_ends_a_child_whose_parent_is_gone() -> None:
    spin = "from alertd.parsing.child import limit_time\nlimit_time(0)\nwhile True: pass"
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", spin], check=False, timeout=30
    )
    assert ended.returncode == -signal.SIGXCPU


async def test_a_child_rests_between_replies_and_ends_when_idle() -> None:
    async with reading(idle=0.0) as reader:
        child = await pid_of(reader)
        await until_taken(reader)
        await asyncio.wait(reader._ending)
        assert not runs(child)
        assert await pid_of(reader) != child


async def test_what_a_child_prints_breaks_no_frame_and_its_complaints_are_bounded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    async with reading() as reader:
        assert (await ask(reader, "print"))[0].title == "print"
        assert (await ask(reader, "complain"))[0].title == "complain"
    assert "this is no frame" in caplog.text
    assert 2 <= len(caplog.records) <= 20


async def test_R6_a_report_that_cannot_be_judged_is_kept_as_unread() -> None:
    async with reading() as reader:
        report, judged = await ask(reader, "fault")
    assert report.title == "fault"
    assert judged.relevant
    assert judged.marks == {Mark.UNREAD}


async def test_a_child_is_given_no_secret_and_no_open_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "secret")
    mine = os.open(__file__, os.O_RDONLY)
    os.set_inheritable(mine, True)  # noqa: FBT003 - as the function wants it
    async with reading() as reader:
        environment = (await ask(reader, "environment"))[0].text.split()
        files = (await ask(reader, "files"))[0].text
        first = (await ask(reader, "first to die"))[0].text
    os.close(mine)
    assert set(environment) <= {"LC_ALL", "PYTHONPATH"}
    assert __file__ not in files
    assert first == "900"


async def test_a_parser_that_cannot_be_started_is_one_line() -> None:
    async with reading((sys.executable, "-c", "raise SystemExit(3)")) as reader:
        with pytest.raises(ParseError, match="could not be started"):
            await ask(reader, "x")


def test_the_parent_never_imports_what_only_the_child_needs() -> None:
    parent = (
        "import sys, alertd.parsing, alertd.fetch, alertd.sources\n"
        "alertd.sources.catalogue()\n"
        "heavy = {'feedparser', 'selectolax', 'alertd.lexicon', 'alertd.core.understand'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", parent], capture_output=True, check=False)
    assert ended.stderr == b""
    assert ended.returncode == 0
