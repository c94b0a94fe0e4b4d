"""What commands share: the options of all, the configuration, the store, and printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.store import Rx, Tx

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(frozen=True, slots=True)
class Options:
    """The options that stand before the command."""

    config: Path | None = None

    def load(self, *, secrets: bool = False) -> Config:
        """The configuration, its secrets read only for commands that send."""
        from alertd import config, log

        loaded = config.load(self.config, os.environ, Path.cwd(), secrets=secrets)
        for value in config.secrets_of(loaded):
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

    async def ask() -> T:
        from alertd.clock import utc_now
        from alertd.store import Store

        store = await Store.open(config.database, utc_now())
        try:
            return await store.read(question)
        finally:
            await store.close()

    return run_async(ask())


def changing(context: typer.Context, work: Callable[[Tx], T]) -> T:
    """Do one thing to the store."""
    config = options_of(context).load()

    async def change() -> T:
        from alertd.clock import utc_now
        from alertd.store import Store

        store = await Store.open(config.database, utc_now())
        try:
            return await store.run(work)
        finally:
            await store.close()

    return run_async(change())


def print_json(value: object) -> None:
    """Print JSON, readable on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent, default=str))


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
    return at.astimezone(ZoneInfo(timezone) if timezone != "UTC" else UTC).strftime(
        "%Y-%m-%d %H:%M"
    )


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(sorted(map(str, value))) or "-"
    return str(value)
