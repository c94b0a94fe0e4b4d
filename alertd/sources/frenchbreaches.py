"""FrenchBreaches: an independent list of French breaches, one organisation an item.

The title is the organisation; one category holds all kinds of data; the description is
Markdown cut at about 480 characters.  An update keeps the guid and moves the date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from alertd.core.clean import ORGANISATION_LIMIT, clean_line
from alertd.core.feed import Reply, Request, Source
from alertd.core.model import Report, Status, Tier
from alertd.sources.feed import keyed_items, to_report
from alertd.sources.french import data_types, fold
from alertd.sources.markup import strip_markdown
from alertd.sources.syndication import Item

_HEADLINE: Final = re.compile(r"^\s*#[ \t]+(.+)")
_UPDATE: Final = re.compile(r"^##[ \t]+mise à jour", re.IGNORECASE | re.MULTILINE)
_CUT_WORD: Final = re.compile(r"\s*\S*(?:\.{3}|…)\s*$")


def parse(reply: Reply, source: Source) -> Iterator[Report]:
    """One report an item, with organisation, kinds of data and status as the list states them."""
    return (_report(item, key, reply, source) for item, key in keyed_items(reply, source))


def _report(item: Item, key: str, reply: Reply, source: Source) -> Report:
    text = strip_markdown(_CUT_WORD.sub(" …", item.text))
    report = to_report(replace(item, text=text), key, reply, source)
    wordings = tuple(part for category in item.categories for part in category.split(", "))
    return replace(
        report,
        organisations=(clean_line(report.title, ORGANISATION_LIMIT),),
        data_types=data_types(wordings),
        status=_status(item.text),
    )


def _status(markdown: str) -> Status | None:
    """Claimed where the headline says so; an update may know better, so its text decides."""
    headline = _HEADLINE.match(markdown)
    claimed = headline is not None and "revendiqu" in fold(headline[1])
    return Status.CLAIMED if claimed and not _UPDATE.search(markdown) else None


SOURCE = Source(
    name="frenchbreaches",
    kind="frenchbreaches",
    request=Request("https://frenchbreaches.com/feed.xml"),
    parse=parse,
    publisher="FrenchBreaches",
    every=timedelta(minutes=30),
    tier=Tier.CURATED,
    country="FR",
    language="fr",
    licence="Feed text belongs to its publisher; alertd quotes short, attributed extracts.",
)
