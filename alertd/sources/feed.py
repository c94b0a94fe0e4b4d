"""The generic kind ``feed``: any RSS, Atom or JSON Feed, item by item."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from alertd.core.clean import TEXT_LIMIT, TITLE_LIMIT, clean_line, clean_text
from alertd.core.feed import Reply, Source
from alertd.core.model import Report
from alertd.sources.links import safe_link
from alertd.sources.markup import strip_html
from alertd.sources.syndication import Item, read_items

KIND: Final = "feed"

_LONGEST_KEY: Final = 300
_TITLE_FROM_TEXT: Final = 120
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?![a-z])")
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


def parse(reply: Reply, source: Source) -> list[Report]:
    """The reports of a feed, at most ``source.max_items``, the newest; ParseError if none."""
    return [to_report(item, key, reply, source) for item, key in keyed_items(reply, source)]


def keyed_items(reply: Reply, source: Source) -> list[tuple[Item, str]]:
    """The newest ``source.max_items`` items of a feed, in its order, each with its own key.

    Raises:
        ParseError: the body is no feed.
    """
    items = [item for item in read_items(reply) if item.title.strip() or item.text.strip()]
    items = newest(items, source.max_items)
    ids = Counter(item.id for item in items)
    keyed: dict[str, Item] = {}
    for item in items:
        keyed.setdefault(_key(item, own_id=ids[item.id] == 1), item)
    return [(item, key) for key, item in keyed.items()]


def newest(items: Sequence[Item], most: int) -> list[Item]:
    """The ``most`` items of the latest date, in their order; the feed's order breaks ties."""
    if len(items) <= most:
        return list(items)
    ranked = sorted(
        range(len(items)), key=lambda at: items[at].published or _EARLIEST, reverse=True
    )
    return [items[at] for at in sorted(ranked[:most])]


def to_report(item: Item, key: str, reply: Reply, source: Source) -> Report:
    """One item as a report: markup gone, text cleaned, link fit to be shown."""
    text = clean_text(strip_html(item.text), TEXT_LIMIT)
    title = clean_line(strip_html(item.title), TITLE_LIMIT)
    language = source.language or _language(item.language)
    return Report(
        source=source.name,
        key=key,
        url=safe_link(item.link, reply.url),
        title=title or clean_line(text, _TITLE_FROM_TEXT),
        text=text,
        published=item.published,
        language=language,
        country=source.country,
        tier=source.tier,
    )


def _key(item: Item, *, own_id: bool) -> str:
    """What the item is known by: its id, else a hash of its link, else of title and date.

    An id that several items share names none of them.
    """
    if item.id and own_id:
        clean = clean_line(item.id, _LONGEST_KEY)
        return clean if clean == item.id else _hash(item.id)
    link = safe_link(item.link) or item.link.strip()
    if item.id:
        return _hash(item.id, link, item.title)
    return _hash(link) if link else _hash(item.title, str(item.published or ""))


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _language(tag: str) -> str | None:
    found = _LANGUAGE.match(tag.strip().lower())
    return found[0] if found else None
