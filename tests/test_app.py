"""The daemon as a process: it starts, polls, sends, reloads and stops, whatever goes wrong."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from alertd.store import Store
from tests.daemon import MAIL, alertd, start
from tests.httpserver import Asked, Wire, reply, serving
from tests.scene import almerys, configure, feed, item, mails, now, person, source, to
from tests.smtpserver import HANG, SMTPServer

SENDERS = 4
CROWD = 100
FAST = "[delivery]\nretry_scale = 0.01\n"
TIMEOUT = 90


@dataclass
class Running:
    """A daemon and what it has said so far."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self.progress:
                self.lines.append(line.decode())
                self.progress.notify_all()

    async def says(self, words: str, times: int = 1) -> str:
        """Wait for a line with these words; return the last of them."""

        def heard() -> list[str]:
            return [line for line in self.lines if words in line]

        async with asyncio.timeout(TIMEOUT), self.progress:
            await self.progress.wait_for(lambda: len(heard()) >= times)
        return heard()[-1]

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        async with asyncio.timeout(TIMEOUT):
            return await self.process.wait()


@asynccontextmanager
async def daemon(folder: Path, **also: str) -> AsyncIterator[Running]:
    """A daemon that is ready; ended in order when the test leaves it running."""
    running = Running(await start(folder, "run", **also))
    reading = asyncio.create_task(running.read())
    try:
        await running.says('"ready"')
        yield running
    finally:
        if running.process.returncode is None:
            await running.end()
        await reading


async def rows(folder: Path) -> list[dict[str, Any]]:
    """The messages, as ``delivery list --json`` prints them."""
    store = await Store.open(f"sqlite:///{folder / 'alertd.db'}", now())
    try:
        return list(await store.read(lambda rx: rx.deliveries()))
    finally:
        await store.close()


class Gated(SMTPServer):
    """A server that takes a message and answers only when the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def answer(self, stage: str, usual: str) -> str:
        """Wait at the gate before the last answer."""
        said = await super().answer(stage, usual)
        if stage == "final":
            await self.gate.wait()
        return said


async def test_S6_it_is_ready_polls_and_sends_and_a_second_one_is_refused(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        async with daemon(tmp_path) as running:
            await running.says("delivery settled")
            ways = ("run", "run --once", "run --once --dry-run")
            said = await asyncio.gather(*(alertd(tmp_path, *words.split()) for words in ways))
            for code, text in said[:2]:
                assert code == 1
                assert text.count("\n") == 1
                assert "a daemon is running on this store; stop it first" in text
            assert said[2][0] == 0, said[2][1]
            await running.says("source polled", 2)
            assert await running.end() == 0
        assert '"stopped"' in running.lines[-1]
        assert [str(got["To"]) for got in mails(mail)] == ["patient@example.org"]


async def test_R11_a_stop_lets_sends_in_flight_end_claims_no_more_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    people = [person(f"p{number}") for number in range(5 * SENDERS)]
    async with serving({"/press": feed(almerys())}) as server, Gated() as mail:
        configure(tmp_path, server, mail, source(server, "press"), *people)
        async with daemon(tmp_path) as running:
            await mail.reached("final", SENDERS)
            running.process.send_signal(signal.SIGTERM)
            await running.says('"stopping"')
            mail.gate.set()
            async with asyncio.timeout(TIMEOUT / 3):
                assert await running.process.wait() == 0
        assert len(mail.messages) == SENDERS, "what was in flight ended, nothing more was claimed"
        states = [row["state"] for row in await rows(tmp_path)]
        assert sorted(set(states)) == ["sent", "waiting"]
        assert states.count("sent") == SENDERS
        code, text = await alertd(tmp_path, "run", "--once")
        assert code in {0, 10}, text
        assert len(mail.messages) == len({got.recipient for got in mail.messages}) == len(people)


async def test_SIGHUP_takes_a_good_file_keeps_a_running_one_and_sends_nothing_again(
    tmp_path: Path,
) -> None:
    pages = {"/press": feed(almerys())}
    async with serving(pages) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        path = tmp_path / "alertd.toml"
        good = path.read_text()
        async with daemon(tmp_path) as running:
            await running.says("delivery settled")
            path.write_text(good.replace('name = "mine"', 'name = "mine", nonsense = 1'))
            running.process.send_signal(signal.SIGHUP)
            line = await running.says("configuration kept")
            assert "nonsense" in line
            assert re.search(r"alertd\.toml:\d+", line)
            path.write_text(good + person("second", '{name = "shop", organisations = ["Corail"]}'))
            running.process.send_signal(signal.SIGHUP)
            await running.says("configuration reloaded")
            pages["/press"] = feed(almerys(), shop())
            await mail.reached("final", 2)
        async with daemon(tmp_path) as running:
            await running.says("source polled", 2)
    assert len(to(mail, "patient")) == 1, "neither a restart nor SIGHUP sends again"
    assert [str(got["To"]) for got in mails(mail)] == ["patient@example.org", "second@example.org"]


def shop() -> str:
    """A breach that nobody who watches Almerys is concerned by."""
    return item("shop", "Corail confirms data breach, passwords leaked", "Corail was hacked.", 0)


async def test_R6_a_channel_that_hangs_does_not_hold_up_the_other(tmp_path: Path) -> None:
    people = [
        person(f"{name}{number}", channel=name).replace(
            f'channel = "{name}"\n', f'routes = [{{channel = "{name}"}}]\n'
        )
        for name in ("stuck", "mail")
        for number in range(10)
    ]
    async with (
        serving({"/press": feed(almerys())}) as server,
        SMTPServer() as well,
        SMTPServer() as stuck,
    ):
        stuck.always("final", HANG)
        second = MAIL.format(port=stuck.port).replace("channel.mail", "channel.stuck")
        allow = (f"127.0.0.1:{stuck.port}",)
        configure(tmp_path, server, well, second, source(server, "press"), *people, allow=allow)
        async with daemon(tmp_path) as running:
            await stuck.reached("final", SENDERS)
            async with asyncio.timeout(TIMEOUT / 3):
                await well.reached("final", 10)
            running.process.kill()
            await running.process.wait()
    assert {got.recipient for got in well.messages} == {f"mail{n}@example.org" for n in range(10)}


async def test_R7_what_was_refused_or_deferred_is_kept_shown_and_can_be_sent_again(
    tmp_path: Path,
) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        mail.on("rcpt", "550 5.1.1 no such mailbox", "451 4.7.1 come back later")
        people = (person("one"), person("two"))
        configure(tmp_path, server, mail, source(server, "press"), *people)
        code, text = await alertd(tmp_path, "run", "--once")
        assert code == 1
        assert "alertd: 2 messages could not be sent yet: see `alertd delivery list`" in text
        dead, waiting = sorted(await rows(tmp_path), key=lambda row: str(row["state"]))
        assert (dead["state"], waiting["state"]) == ("dead", "waiting")
        assert "no such mailbox" in dead["last_answer"]
        assert "come back later" in waiting["last_answer"]
        code, text = await alertd(tmp_path, "status")
        assert code == 1
        assert text.startswith("NOT HEALTHY\n")
        assert "1 message dead: see `alertd delivery list --dead`" in text
        assert "1 message tried and not taken yet: see `alertd delivery list`" in text
        for row in (dead, waiting):
            assert (await alertd(tmp_path, "delivery", "retry", str(row["id"])))[0] == 0
        assert (await alertd(tmp_path, "run", "--once"))[0] == 0
        assert {row["state"] for row in await rows(tmp_path)} == {"sent"}
    ids = {str(row["message_id"]) for row in (dead, waiting)}
    assert {str(got["Message-ID"])[1:27] for got in mails(mail)} == ids


@pytest.mark.slow
async def test_a_server_that_is_down_holds_the_channel_and_not_the_message(
    tmp_path: Path,
) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        down = free_port()
        tables = (MAIL.format(port=down), FAST, source(server, "press"), person("patient"))
        allow = (f"127.0.0.1:{down}", f"127.0.0.1:{mail.port}")
        configure(tmp_path, server, None, *tables, allow=allow)
        assert (await alertd(tmp_path, "run", "--once"))[0] == 1
        (row,) = await rows(tmp_path)
        assert (row["state"], row["attempts"]) == ("waiting", 0)
        code, text = await alertd(tmp_path, "status")
        assert code == 1
        assert "channel mail: " in text
        path = tmp_path / "alertd.toml"
        path.write_text(path.read_text().replace(f"port = {down}", f"port = {mail.port}"))
        assert (await alertd(tmp_path, "run", "--once"))[0] == 0
        assert (await alertd(tmp_path, "status"))[0] == 0, "it is well again"
    assert len(to(mail, "patient")) == 1


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_message_that_is_deferred_goes_out_by_itself(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        mail.on("rcpt", "451 4.7.1 come back later")
        configure(tmp_path, server, mail, source(server, "press"), person("patient"), FAST)
        async with daemon(tmp_path) as running:
            await mail.reached("final", 1)
            await running.says("delivery settled", 2)
        (row,) = await rows(tmp_path)
    assert (row["state"], row["attempts"]) == ("sent", 1)
    assert len(mail.messages) == 1


async def hung(_asked: Asked, wire: Wire) -> None:
    await wire.hold()


BAD = {
    "cut-short": feed(almerys("cut"))[:-200],
    "login": reply(b"<!doctype html><html><body><form>log in</form></body></html>"),
    "large": reply(b"<rss><channel>" + b" " * 40_000_000, "Content-Type: text/xml"),
    "empty": reply(b""),
}


async def test_F3_a_bad_feed_fails_with_its_reason_and_the_others_go_on(tmp_path: Path) -> None:
    pages = {f"/{name}": answer for name, answer in BAD.items()}
    pages |= {"/press": feed(almerys())}
    async with serving({**pages, "/slow": hung}) as server, SMTPServer() as mail:
        names = ("slow", *BAD, "press")
        tables = (*(source(server, name) for name in names), person("patient"))
        configure(tmp_path, server, mail, *tables, polled=names)
        async with daemon(tmp_path) as running:
            await mail.reached("final", 1)
            for name in BAD:
                await running.says(f'"source": "{name}", "failures"')
            _, text = await alertd(tmp_path, "source", "list", "--json")
        found = {row["name"]: row for row in json.loads(text)}
        assert (found["press"]["state"], found["slow"]["state"]) == ("ok", "new")
        assert {found[name]["state"] for name in BAD} == {"failing"}
        assert all(found[name]["error"] for name in BAD)
        assert len(mail.messages) == 1


@pytest.mark.slow
async def test_F1_a_feed_that_never_ends_fails_when_its_time_is_up(tmp_path: Path) -> None:
    async with serving({"/slow": hung}) as server:
        configure(tmp_path, server, None, source(server, "slow"), polled=("slow",))
        async with daemon(tmp_path) as running:
            assert "did not answer in time" in await running.says("source failed")


async def mounted(folder: Path) -> bool:
    """Whether a disk of its own, of eight megabytes, could be put in the place of ``folder``."""
    words = ("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder))
    try:
        process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
    except FileNotFoundError:
        return False
    return await process.wait() == 0


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncIterator[Callable[[Running], Callable[[], None]]]:
    """A folder whose disk can be made full: by a file that fills it, else by a limit.

    Yields what fills it, which returns what makes room again.
    """
    folder.mkdir()
    own = await mounted(folder)

    def fill(running: Running) -> Callable[[], None]:
        if own:
            filler = folder / "filler"
            handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
            with suppress(OSError):
                while os.write(handle, b"0" * 4096):
                    pass
            os.close(handle)
            return filler.unlink
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        limit = (folder / "alertd.db").stat().st_size
        pid = running.process.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))
        return lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard)) and None

    try:
        yield fill
    finally:
        if own:
            process = await asyncio.create_subprocess_exec("umount", "-l", str(folder))
            await process.wait()


@pytest.mark.slow
async def test_S3_with_a_full_disk_nothing_is_sent_that_is_not_recorded(tmp_path: Path) -> None:
    people = [person(f"p{number}") for number in range(CROWD)]
    folder = tmp_path / "disk"
    pages = {"/press": feed(shop())}
    async with small_disk(folder) as fill, serving(pages) as server, SMTPServer() as mail:
        configure(folder, server, mail, source(server, "press"), FAST, *people)
        async with daemon(folder) as running:
            await running.says("source polled")
            make_room = fill(running)
            pages["/press"] = feed(almerys(), shop())
            await running.says("stage abandoned")
            sent_while_full = len(mail.messages)
            make_room()
            await mail.reached("final", CROWD)
            assert await running.end() == 0
        assert {row["state"] for row in await rows(folder)} == {"sent"}
    assert sent_while_full == 0
    assert len(mail.messages) == len({got.recipient for got in mail.messages}) == CROWD
