"""Logs: the only file that configures structlog.

Events are fixed lowercase words, facts are keys.  Everything, our own and other libraries',
leaves through one handler; what must not be read in a log is taken out there.
"""

from __future__ import annotations

import json as jsonlib
import logging
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

HIDDEN: Final = "[hidden]"
ADDRESS: Final = "[address]"
SHORTEST_SECRET: Final = 4
"""A shorter value would be taken out of ordinary words as well."""

_QUIET: Final = ("httpx", "httpcore", "apscheduler", "asyncio")
"""Libraries whose info lines repeat ours, or name addresses that are secrets."""

_PRIORITIES: Final = {
    logging.CRITICAL: 2,
    logging.ERROR: 3,
    logging.WARNING: 4,
    logging.INFO: 6,
    logging.DEBUG: 7,
}
"""The levels of sd-daemon(3)."""

_SECRET_KEYS: Final = re.compile(
    r"(?i)(?:.*[_-])?(?:password|passwd|secret|token|authorization|cookie|api[_-]?key)"
)
_HOOK_HOSTS: Final = (
    r"hooks\.slack(?:-gov)?\.com|(?:ptb\.|canary\.)?discord(?:app)?\.com/api"
    r"|[\w.-]+\.webhook\.office\.com|outlook\.office(?:365)?\.com/webhook|[\w.-]+\.logic\.azure\.com"
    r"|[\w.-]+\.powerplatform\.com|chat\.googleapis\.com"
)
_LOCAL: Final = r"[^\s@<>()\[\]\",;:'/=]{1,64}"
_PATTERNS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(rf"(?i)(https?://(?:{_HOOK_HOSTS})(?::\d+)?)[/?][^\s\"'<>]*"), rf"\1/{HIDDEN}"),
    (re.compile(r"(?i)(://)[^\s/@\"'<>]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)(\bauthorization\b\W{1,6})(?:\w+ +)?[^\s\"',]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\bwhsec_[\w+/=-]+"), f"whsec_{HIDDEN}"),
    (re.compile(r"(/bot\d+:)[\w-]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"{_LOCAL}@(?:localhost\b|[\w-]+(?:\.[\w-]+)+)"), ADDRESS),
)
_MARKS: Final = re.compile(r"@|://|whsec_|/bot|bearer|basic|authorization", re.IGNORECASE)
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS: Final = re.compile(r"[\t\n]")


class _Secrets:
    """The values that must not appear, as one pattern."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        if len(value) >= SHORTEST_SECRET:
            self.values.add(value)
            longest_first = sorted(self.values, key=lambda item: (-len(item), item))
            self.pattern = re.compile("|".join(map(re.escape, longest_first)))


_secrets: Final = _Secrets()


def hide(value: str) -> None:
    """Keep a secret out of every line from now on; one under four characters cannot be."""
    _secrets.add(value)


def redact(text: str) -> str:
    """A text without registered secrets, addresses of people, credentials and hook URLs."""
    if _secrets.pattern is not None:
        text = _secrets.pattern.sub(HIDDEN, text)
    if _MARKS.search(text):
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
    return text


def configure(*, stream: TextIO, level: str, json: bool, journal: bool) -> None:
    """Send every log line to ``stream``; calling it again replaces the first way.

    Args:
        stream: Where lines go; the daemon's is standard output.
        level: The least level shown: debug, info, warning, error or critical.
        json: One JSON object a line; else a console's columns.
        journal: journald reads the stream: each line begins with ``<N>``, its priority,
            and has no time, which journald adds.
    """
    import structlog  # noqa: PLC0415 - takes 0.1 s, which `alertd --help` need not wait

    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_first(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last = _json_last() if json else _console_last(colours=stream.isatty() and not journal)
    times = [] if journal else [structlog.processors.TimeStamper(fmt="iso", utc=True)]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_first(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *times, *last],
    )
    _install(stream, level, _Journal(formatter) if journal else formatter)


def only_faults() -> None:
    """For commands that say themselves what they did: nothing but what must not happen."""
    configure(stream=sys.stderr, level="critical", json=False, journal=False)


def _first() -> list[Processor]:
    from structlog import contextvars, stdlib  # noqa: PLC0415 - see configure

    return [contextvars.merge_contextvars, stdlib.add_log_level, stdlib.add_logger_name]


def _json_last() -> list[Processor]:
    from structlog import processors, tracebacks  # noqa: PLC0415 - see configure

    # The ready-made dict_tracebacks shows local variables, and with them secrets.
    transform = tracebacks.ExceptionDictTransformer(show_locals=False)
    render = processors.JSONRenderer(serializer=jsonlib.dumps, ensure_ascii=False)
    return [processors.ExceptionRenderer(transform), _redact_event, render]


def _console_last(*, colours: bool) -> list[Processor]:
    from structlog import dev, processors  # noqa: PLC0415 - see configure

    render = dev.ConsoleRenderer(colors=colours, exception_formatter=dev.plain_traceback)
    return [processors.format_exc_info, _redact_event, _one_line, render]


def _redact_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The event without what must not be read in a log, at any depth."""
    return {_name(key): _clean(key, value) for key, value in event.items()}


def _clean(key: object, value: object) -> Any:  # noqa: ANN401 - events hold any value
    if isinstance(key, str) and value and _SECRET_KEYS.fullmatch(key):
        return HIDDEN
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {_name(item): _clean(item, inner) for item, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(None, inner) for inner in value]
    return _CONTROLS.sub(_escaped, redact(str(value)))


def _name(key: object) -> str:
    return redact(str(key))


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _one_line(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The event with line ends escaped; only our own tracebacks have several lines."""
    return {key: _flat(value) if key != "exception" else value for key, value in event.items()}


def _flat(value: object) -> object:
    return _LINE_ENDS.sub(_escaped, value) if isinstance(value, str) else value


class _Journal(logging.Formatter):
    """Puts journald's priority before each line of another formatter."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self.inner = inner

    def format(self, record: logging.LogRecord) -> str:
        level = max(name for name in (0, *_PRIORITIES) if name <= record.levelno)
        mark = f"<{_PRIORITIES.get(level, 7)}>"
        lines = self.inner.format(record).splitlines()
        return "\n".join(f"{mark}{line}" for line in lines)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, to be told from those of others."""


def _install(stream: TextIO, level: str, formatter: logging.Formatter) -> None:
    root = logging.getLogger()
    for former in [item for item in root.handlers if isinstance(item, _Handler)]:
        root.removeHandler(former)
    handler = _Handler(stream)
    handler.setFormatter(formatter)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
