"""What commands share: the options of all, the configuration, the store, and printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

import typer

from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.core.people import Subscriber
    from alertd.store import Rx, Store, Tx

T = TypeVar("T")
SCRATCH: Final = "sqlite:////dev/null"
"""The database of commands that fetch and store nothing: an empty one in memory."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(slots=True)
class Options:
    """The options that stand before the command."""

    config: Path | None = None
    _known: Config | None = None

    def load(self, *, secrets: bool = False) -> Config:
        """The configuration: read once, or anew with the secrets for commands that send."""
        if secrets or self._known is None:
            self._known = self._read(secrets=secrets)
        return self._known

    def _read(self, *, secrets: bool) -> Config:
        from alertd import config

        loaded = config.load(self.config, os.environ, Path.cwd(), secrets=secrets)
        if hidden := config.secrets_of(loaded):
            from alertd import log

            for value in hidden:
                log.hide(value)
        return loaded


def options_of(context: typer.Context) -> Options:
    """The options that stand before the command."""
    found = context.find_object(Options)
    return found or Options()


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's asynchronous part."""
    import asyncio

    return asyncio.run(work)


def asking(context: typer.Context, question: Callable[[Rx], T]) -> T:
    """The answer of the store to one question."""
    config = options_of(context).load()
    return run_async(_with_store(config, lambda store: store.read(question)))


def changing(context: typer.Context, work: Callable[[Tx], T]) -> T:
    """Do one thing to the store."""
    config = options_of(context).load()
    return run_async(_with_store(config, lambda store: store.run(work)))


async def _with_store(config: Config, work: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    from alertd.clock import utc_now
    from alertd.store import Store

    store = await Store.open(config.database, utc_now())
    try:
        return await work(store)
    finally:
        await store.close()


@dataclass
class _Undone(Exception):  # noqa: N818 - carries an answer out of a transaction that ends undone
    answer: object


async def as_configured(config: Config, store: Store, question: Callable[[Rx], T]) -> T:
    """The answer as it would be once the file is in force; the store stays as it is."""
    from alertd.clock import utc_now
    from alertd.store import Rx

    people = file_people(config)

    def ask(tx: Tx) -> None:
        tx.reconcile(people, utc_now(), first=False)
        raise _Undone(question(Rx(tx.connection)))

    try:
        await store.run(ask)
    except _Undone as undone:
        return cast("T", undone.answer)
    raise AssertionError


def file_people(config: Config) -> list[Subscriber]:
    """The subscribers of the file, their watches widened by what it says of organisations."""
    from alertd.config import registry

    known = registry(config)
    return [known.widen_all(person) for person in config.subscribers]


def asking_as_configured(context: typer.Context, question: Callable[[Rx], T]) -> T:
    """As ``asking``, with the people of the file as it is now, whatever a daemon has read."""
    config = options_of(context).load()
    return run_async(_with_store(config, lambda store: as_configured(config, store, question)))


def unknown_among(name: str, known: Iterable[str], what: str, see: str) -> UsageError:
    """The error for a name that is not known, with the nearest one that is."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    hint = f"did you mean {near[0]!r}?" if near else f"see `{see}`"
    return UsageError(f"there is no {what} {name!r}: {hint}")


def print_json(value: object) -> None:
    """Print JSON, readable on a terminal; times in the form of ISO 8601."""
    indent = 2 if sys.stdout.isatty() else None
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(json.dumps(value, ensure_ascii=plain, indent=indent, default=_as_json))


def _as_json(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def counted(count: int, thing: str) -> str:
    """A number with its noun: 1 message, 2 messages."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Print a plain table, or the line that says why there is none."""
    listed = [[_cell(value) for value in row] for row in rows]
    if not listed:
        typer.echo(empty)
        return
    table = [list(columns), *listed]
    widths = [max(len(row[n]) for row in table) for n in range(len(columns))]
    for row in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(line.rstrip())


def moment(value: datetime | str | None, timezone: str) -> str:
    """A time as the reader's own clock shows it; a dash for none."""
    from zoneinfo import ZoneInfo

    if value is None:
        return "-"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    zone = ZoneInfo(timezone) if timezone != "UTC" else UTC
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(sorted(map(str, value))) or "-"
    return str(value)
