"""DataBreaches.net: one journalist's log of breaches, in English; a WordPress feed."""

from __future__ import annotations

from datetime import timedelta

from alertd.core.feed import Request, Source
from alertd.core.model import Tier
from alertd.sources.feed import parse

SOURCE = Source(
    name="databreaches-net",
    kind="databreaches-net",
    request=Request("https://databreaches.net/feed/"),
    parse=parse,
    publisher="DataBreaches.net",
    every=timedelta(minutes=30),
    tier=Tier.PRESS,
    language="en",
    licence="Feed text belongs to its publisher; alertd quotes short, attributed extracts.",
)
