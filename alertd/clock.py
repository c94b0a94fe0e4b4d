"""The one place where the clock is read; everything else is given the time."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - here and nowhere else
