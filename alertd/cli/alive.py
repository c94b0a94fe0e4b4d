"""Whether a daemon runs on the store, for ``alertd status``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from alertd.cli.context import moment

if TYPE_CHECKING:
    from datetime import datetime

    from alertd.config import Config
    from alertd.store import Rx

SILENT: Final = timedelta(minutes=2)
"""After so long without a sign of life a daemon hangs, or cannot write."""


def daemon(rx: Rx, config: Config) -> dict[str, Any]:
    """Whether one runs, since when, and its last sign of life."""
    from alertd.store.engine import sqlite_path
    from alertd.store.lock import is_held

    life = rx.life()
    return {
        "running": is_held(sqlite_path(config.database)),
        "since": life.started_at,
        "alive_at": life.alive_at,
    }


def trouble(shown: dict[str, Any], now: datetime, zone: str) -> list[str]:
    """What is wrong with it: a line, or none."""
    alive_at = shown["alive_at"]
    if alive_at is None:
        return []
    last = moment(alive_at, zone)
    if not shown["running"]:
        return [f"daemon: ended without being stopped, last sign of life {last}: start it again"]
    if now - alive_at > SILENT:
        return [f"daemon: no sign of life since {last}: see its log, then restart it"]
    return []


def in_words(shown: dict[str, Any], zone: str) -> str:
    """One line for the screen."""
    if not shown["running"]:
        return "daemon: not running"
    if shown["since"] is None:
        return "daemon: starting, or `alertd run --once` is at work"
    since, last = moment(shown["since"], zone), moment(shown["alive_at"], zone)
    return f"daemon: running since {since}, last sign of life {last}"
