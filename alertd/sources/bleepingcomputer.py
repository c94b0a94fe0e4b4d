"""BleepingComputer: news of all computing, in English; most of it tells of no breach.

Descriptions are the first sentence or two and end on " [...]"; the judgement decides.
"""

from __future__ import annotations

from datetime import timedelta

from alertd.core.feed import Request, Source
from alertd.core.model import Tier
from alertd.sources.feed import parse

SOURCE = Source(
    name="bleepingcomputer",
    kind="bleepingcomputer",
    request=Request("https://www.bleepingcomputer.com/feed/"),
    parse=parse,
    publisher="BleepingComputer",
    every=timedelta(minutes=30),
    tier=Tier.PRESS,
    language="en",
    licence="Feed text belongs to its publisher; alertd quotes short, attributed extracts.",
)
