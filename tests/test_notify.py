"""The words of sd_notify, on a real datagram socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.notify import Notifier
from tests.manager import Manager

PID = 4711


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Notifier()),
        ({"NOTIFY_SOCKET": "/run/notify"}, Notifier("/run/notify")),
        ({"NOTIFY_SOCKET": "@notify"}, Notifier("@notify")),
        ({"NOTIFY_SOCKET": "vsock:2:1"}, Notifier()),
        ({"NOTIFY_SOCKET": "notify"}, Notifier()),
        ({"WATCHDOG_USEC": "60000000"}, Notifier("", timedelta(minutes=1))),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "4711"}, Notifier("", timedelta(minutes=1))),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "4712"}, Notifier()),
        ({"WATCHDOG_USEC": "0"}, Notifier()),
        ({"WATCHDOG_USEC": "soon"}, Notifier()),
        ({"WATCHDOG_USEC": "-1"}, Notifier()),
        ({"WATCHDOG_USEC": "²"}, Notifier()),
    ],
)
def test_the_environment_says_where_to_and_how_often(
    environ: dict[str, str], expected: Notifier
) -> None:
    assert Notifier.of(environ, PID) == expected


@pytest.mark.parametrize("abstract", [False, True])
@pytest.mark.parametrize(
    ("word", "heard"),
    [
        (lambda notifier: notifier.ready("2 sources"), {"READY": "1", "STATUS": "2 sources"}),
        (lambda notifier: notifier.stopping(), {"STOPPING": "1", "STATUS": "Stopping"}),
        (lambda notifier: notifier.alive(), {"WATCHDOG": "1"}),
        (lambda notifier: notifier.status("fine"), {"STATUS": "fine"}),
        (lambda notifier: notifier.more_time(), {"EXTEND_TIMEOUT_USEC": "60000000"}),
    ],
)
async def test_each_word_is_one_datagram(
    tmp_path: Path,
    abstract: bool,  # noqa: FBT001 - a parameter
    word: Callable[[Notifier], bool],
    heard: dict[str, str],
) -> None:
    async with Manager(tmp_path, abstract=abstract) as manager:
        assert word(Notifier(manager.address)) is True
        assert await manager.next() == heard


async def test_reloading_says_when_it_began(tmp_path: Path) -> None:
    async with Manager(tmp_path) as manager:
        before = time.monotonic_ns() // 1000
        assert Notifier(manager.address).reloading()
        said = await manager.next()
    assert list(said) == ["RELOADING", "MONOTONIC_USEC"]
    assert before <= int(said["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000


def test_nobody_who_listens_is_no_failure(tmp_path: Path) -> None:
    assert Notifier().alive() is False
    assert Notifier(str(tmp_path / "gone")).alive() is False


async def test_a_manager_that_reads_nothing_holds_nobody_up_for_long(tmp_path: Path) -> None:
    async with Manager(tmp_path) as manager:
        notifier = Notifier(manager.address)
        begun = time.monotonic()
        said = 0
        while notifier.alive():
            said += 1
        assert time.monotonic() - begun < 10
        assert await manager.next() == {"WATCHDOG": "1"}
    assert said > 0


async def test_a_start_that_takes_long_asks_for_more_time_and_not_for_ever(tmp_path: Path) -> None:
    pause = timedelta(milliseconds=10)
    async with Manager(tmp_path) as manager:
        notifier = Notifier(manager.address)
        async with notifier.starting(pause):
            assert "EXTEND_TIMEOUT_USEC" in await manager.next()
            assert "EXTEND_TIMEOUT_USEC" in await manager.next()
        await notifier._ask_for_time(pause, 3 * pause)
        notifier.status("done")
        await manager.says("STATUS", "done")
    asked = [said for said in manager.heard if "EXTEND_TIMEOUT_USEC" in said]
    assert len(asked) in range(5, 8), "two and some during the start, then three"
