"""A parsing child whose source does what the body tells it to."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from alertd.core.feed import Reply, Source
from alertd.core.model import Reading, Report
from alertd.errors import ParseError
from alertd.parsing.child import limit_memory, run_child
from alertd.sources import SourceSettings, build


def misbehave(reply: Reply, source: Source) -> Iterator[Report]:
    word = reply.body.decode()
    while word == "spin":
        pass
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "eat":
        bytearray(1_000_000_000)
    if word == "crash":
        raise RuntimeError(word)
    if word == "refuse":
        raise ParseError("a login page came instead")
    if word == "print":
        print("this is no frame", flush=True)  # noqa: T201 - what is tried
    if word == "complain":
        sys.stderr.write("complaint " * 100_000)
    yield Report(source=source.name, key="1", url="", title=word, text=told(word))


def told(word: str) -> str:
    """What a child knows of the machine that it runs on."""
    return {
        "environment": " ".join(sorted(os.environ)),
        "files": " ".join(sorted(str(fd.readlink()) for fd in _open_files())),
        "first to die": Path("/proc/self/oom_score_adj").read_text().strip(),
    }.get(word, "")


def _open_files() -> list[Path]:
    return [fd for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]


def understand(report: Report) -> Reading:
    if report.title == "fault":
        raise ValueError(report.title)
    return Reading(relevant=False, confidence=1.0, language="en")


def misbehaving(settings: SourceSettings) -> Source:
    return replace(build(settings), parse=misbehave)


if __name__ == "__main__":
    limit_memory()
    run_child(understand, misbehaving)
