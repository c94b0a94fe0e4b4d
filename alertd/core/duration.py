"""Durations as people write them: 30s, 15m, 1h, 7d, 2y."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator

_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
_WRITTEN: Final = re.compile(r"(\d{1,6})([smhdwy])")


def parse_duration(value: object) -> object:
    """A timedelta from ``15m`` and the like; ValueError says how to write one."""
    if isinstance(value, timedelta):
        return value
    found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or found[1].strip("0") == "":
        raise ValueError("write a duration as a number and a unit: 30s, 15m, 1h or 7d")
    return int(found[1]) * _UNITS[found[2]]


def write_duration(value: timedelta) -> str:
    """The shortest exact form that ``parse_duration`` reads back."""
    for unit in ("d", "h", "m"):
        if value and value % _UNITS[unit] == timedelta():
            return f"{value // _UNITS[unit]}{unit}"
    return f"{int(value.total_seconds())}s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
