"""The child's half: limited first, it parses and judges what it is handed until the pipe ends."""

from __future__ import annotations

import json
import os
import resource
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from alertd.core import codec
from alertd.core.feed import Reply, Source
from alertd.core.model import Mark, Reading, Report
from alertd.errors import SourceError
from alertd.parsing.wire import LENGTH, READY, Answer
from alertd.sources import SourceSettings, build

_MEMORY: Final = 384 * 1024 * 1024
_FIRST_TO_DIE: Final = "900"
_FAULTS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a fault in the judgement of one report may raise; the other reports go on."""

Understand = Callable[[Report], Reading]
Build = Callable[[SourceSettings], Source]


def serve(questions: BinaryIO, answers: BinaryIO, understand: Understand, build: Build) -> None:
    """Answer questions until there are no more."""
    _put(answers, READY)
    while (head := _take(questions)) is not None:
        body = _take(questions) or b""
        _put(answers, codec.dumps(_answer(json.loads(head), body, understand, build)).encode())


def _answer(head: dict[str, object], body: bytes, understand: Understand, build: Build) -> Answer:
    source = build(codec.load(SourceSettings, head["settings"]))
    known = {name: head[name] for name in ("url", "status", "headers")}
    reply = codec.load(Reply, known | {"body": body})
    limit_time(float(str(head["seconds"])))
    try:
        reports = tuple(source.parse(reply, source))
    except SourceError as error:
        return Answer(error=str(error))
    return Answer(reports=tuple((report, _reading(report, understand)) for report in reports))


def _reading(report: Report, understand: Understand) -> Reading:
    """What a report says; a fault of ours over one report leaves it unread, not unkept."""
    try:
        return understand(report)
    except _FAULTS:
        traceback.print_exc()
        return Reading(
            relevant=True,
            confidence=0.0,
            language=report.language or "",
            marks=frozenset({Mark.UNREAD}),
        )


def _take(stream: BinaryIO) -> bytes | None:
    """The next frame; None at the end."""
    size = stream.read(LENGTH.size)
    if len(size) < LENGTH.size:
        return None
    return stream.read(LENGTH.unpack(size)[0])


def _put(stream: BinaryIO, frame: bytes) -> None:
    stream.write(LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def limit_memory() -> None:
    """Bound the address space, leave no core file, and be the first that the kernel ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_DIE, encoding="ascii")


def limit_time(seconds: float) -> None:
    """Let the kernel end this process, should its parent be gone, after so much more work."""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 1, hard))


def run_child(understand: Understand, build: Build = build) -> None:
    """Serve the standard pipes; what anybody prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers, understand, build)


def main() -> None:
    """The child: limited first, then the parsers and the lexicon."""
    limit_memory()
    import feedparser  # noqa: F401, PLC0415 - only the child may grow by it
    import selectolax.lexbor  # noqa: F401, PLC0415 - only the child may grow by it

    from alertd import lexicon  # noqa: PLC0415 - only the child may grow by it
    from alertd.core.understand import understand  # noqa: PLC0415 - only the child may grow by it

    words = lexicon.load()
    run_child(lambda report: understand(report, words))
