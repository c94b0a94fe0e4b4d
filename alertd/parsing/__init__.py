"""Replies to reports and readings, in a child process that can be killed.

A thread that spins cannot be stopped, a process can (reliability rule F2): the child
(``python -m alertd.parsing``) has limits of memory and time of its own, and what it imports
never weighs on the daemon.  Both ends speak frames over pipes: four bytes of length, then
JSON, or the raw body of a reply.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from alertd.core import codec
from alertd.core.clean import clean_line
from alertd.core.feed import Reply, Source
from alertd.core.model import Reading, Report
from alertd.errors import ParseError
from alertd.parsing.wire import LENGTH, LONGEST_FRAME, Answer
from alertd.sources import settings_of

COMMAND: Final = (sys.executable, "-P", "-m", "alertd.parsing")
CHILDREN: Final = 2
PARSE_SECONDS: Final = 20.0
IDLE_SECONDS: Final = 10.0

_START_SECONDS: Final = 60.0
_END_SECONDS: Final = 5.0
_COMPLAINT: Final = 4_096
_COMPLAINTS: Final = 20

log = logging.getLogger(__name__)


class _Child:
    """One parsing process: asked once at a time, killed when it does not answer."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._complaints = asyncio.create_task(_drain(process.stderr))
        self.retiring: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, command: Sequence[str]) -> _Child:
        """A child that has imported what it needs."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
            process_group=0,  # Ctrl-C is for the daemon, which then lets its children go
        )
        child = cls(process)
        try:
            await child._take()
        except BaseException:
            await child.end(kill=True)
            raise
        return child

    async def ask(self, head: str, body: bytes) -> bytes:
        """The child's answer; EOFError, or OSError, when it dies over the question."""
        for part in (head.encode(), body):
            self._stdin.write(LENGTH.pack(len(part)))
            self._stdin.write(part)
        await self._stdin.drain()
        return await self._take()

    async def _take(self) -> bytes:
        (length,) = LENGTH.unpack(await self._stdout.readexactly(LENGTH.size))
        if length > LONGEST_FRAME:
            raise EOFError("the answer is too long")
        return await self._stdout.readexactly(length)

    async def end(self, *, kill: bool) -> None:
        """Let it go, or kill it; returns when it is gone."""
        self._stdin.close()
        try:
            async with asyncio.timeout(0 if kill else _END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._complaints


class Reader:
    """Parses and understands replies in up to ``children`` child processes.

    Args:
        command: what starts a child.
        children: how many may work side by side; further replies wait.
        seconds: how long one reply may take, by the clock.
        idle: seconds without work after which a child is let go.
    """

    def __init__(
        self,
        *,
        command: Sequence[str] = COMMAND,
        children: int = CHILDREN,
        seconds: float = PARSE_SECONDS,
        idle: float = IDLE_SECONDS,
    ) -> None:
        self._command = command
        self._seconds = seconds
        self._idle = idle
        self._turn = asyncio.Semaphore(children)
        self._resting: list[_Child] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def read(self, source: Source, reply: Reply) -> list[tuple[Report, Reading]]:
        """The reports of a reply, each with what it says; none for a reply unchanged.

        Raises:
            ParseError: the reply is not what the source should give; ``killed`` when its
                child was ended over it, by time, by memory or by itself.
        """
        if reply.unchanged:
            return []
        async with self._turn:
            answer = await self._ask(_question(source, reply, self._seconds), reply.body)
        try:
            found = codec.loads(Answer, answer)
        except ValueError as error:
            raise ParseError("the parser's answer cannot be read; it is asked again") from error
        if found.error is not None:
            raise ParseError(found.error)
        return list(found.reports)

    async def aclose(self) -> None:
        """End all children that rest; returns when they are gone."""
        while self._resting:
            self._retire(self._resting[-1])
        if self._ending:
            await asyncio.wait(self._ending)

    async def _ask(self, head: str, body: bytes) -> bytes:
        child = await self._child()
        answered = False
        try:
            async with asyncio.timeout(self._seconds):
                answer = await child.ask(head, body)
            answered = True
        except TimeoutError as error:
            raise ParseError(
                f"parsing took over {self._seconds:g} s and was ended; tell the feed's keeper",
                killed=True,
            ) from error
        except (EOFError, OSError) as error:
            raise ParseError(
                "the parser died over this answer; the log may say why", killed=True
            ) from error
        finally:
            if answered:
                self._rest(child)
            else:
                await child.end(kill=True)
        return answer

    async def _child(self) -> _Child:
        if self._resting:
            child = self._resting.pop()
            if child.retiring is not None:
                child.retiring.cancel()
            return child
        try:
            async with asyncio.timeout(_START_SECONDS):
                return await _Child.start(self._command)
        except (EOFError, OSError) as error:
            raise ParseError("the parser could not be started; the log may say why") from error

    def _rest(self, child: _Child) -> None:
        loop = asyncio.get_running_loop()
        child.retiring = loop.call_later(self._idle, self._retire, child)
        self._resting.append(child)

    def _retire(self, child: _Child) -> None:
        if child.retiring is not None:
            child.retiring.cancel()
        self._resting.remove(child)
        task = asyncio.create_task(child.end(kill=False))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _question(source: Source, reply: Reply, seconds: float) -> str:
    return json.dumps(
        {
            "settings": settings_of(source).model_dump(mode="json"),
            "url": reply.url,
            "status": reply.status,
            "headers": dict(reply.headers),
            "seconds": seconds,
        }
    )


def _environment() -> dict[str, str]:
    """Next to nothing: no secret reaches the child, and it finds this very package."""
    root = Path(__file__).resolve().parents[2]
    installed = root.name in {"site-packages", "dist-packages"}
    return {"LC_ALL": "C.UTF-8"} | ({} if installed else {"PYTHONPATH": str(root)})


async def _drain(stderr: asyncio.StreamReader) -> None:
    """Log what a child complains of, as much as is of use, and keep its pipe empty."""
    logged = 0
    while piece := await stderr.read(_COMPLAINT):
        logged += 1
        if logged <= _COMPLAINTS:
            log.warning("parser: %s", clean_line(piece.decode("utf-8", "replace"), _COMPLAINT))
