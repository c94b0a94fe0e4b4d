"""What parent and child say to each other: frames of four bytes of length, then content."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from alertd.core.model import Reading, Report

LENGTH: Final = struct.Struct(">I")
LONGEST_FRAME: Final = 64 * 1024 * 1024
READY: Final = b"{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the child answers: what was read, or the ParseError's message."""

    error: str | None = None
    reports: tuple[tuple[Report, Reading], ...] = ()
