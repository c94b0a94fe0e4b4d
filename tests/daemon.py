"""The real program as a process of its own, for tests that stop and kill it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

MAIL = """
[channel.mail]
kind = "email"
host = "127.0.0.1"
port = {port}
security = "none"
from = "Breach alerts <alerts@example.org>"
"""

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>press</title>{items}</channel></rss>"""

ITEM = """<item><title>{title}</title><link>https://press.example.org/{key}</link>
<guid isPermaLink="false">{key}</guid><pubDate>{date}</pubDate>
<description>{text}</description></item>"""


def environment(folder: Path) -> Mapping[str, str]:
    """An environment in which nothing of the tester's own is read."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "ALERTD_CONFIG": str(folder / "alertd.toml"),
    }


async def start(folder: Path, *arguments: str, **also: str) -> asyncio.subprocess.Process:
    """Start ``alertd`` with its configuration in ``folder``, and ``also`` in its environment."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "alertd",
        *arguments,
        env={**environment(folder), **also},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def alertd(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a command to its end: exit code, and what it printed."""
    process = await start(folder, *arguments)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A daemon that is ready; ended in order when the test leaves it running."""
    process = await start(folder, "run")
    assert process.stdout is not None
    drained = None
    try:
        while b"ready" not in (line := await process.stdout.readline()):
            assert line, "the daemon ended before it was ready"
        drained = asyncio.create_task(process.stdout.read())
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
        if drained is not None:
            await drained
