"""RSS, Atom and JSON Feed bytes to plain items; every reader of a feed builds on this."""

from __future__ import annotations

import calendar
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from alertd.core.clean import clean_line
from alertd.core.feed import Reply
from alertd.errors import ParseError
from alertd.sources.dates import read_date
from alertd.sources.markup import strip_html

_ENTITY: Final = re.compile(rb"<!ENTITY", re.IGNORECASE)
_CLOSED: Final = re.compile(rb"</\s*(?:\w+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_OPENED_ITEM: Final = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_CLOSED_ITEM: Final = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_HTML: Final = re.compile(rb"<!doctype html|<html[\s>]", re.IGNORECASE)
_HTML_TITLE: Final = re.compile(rb"<title[^>]*>(.{0,500}?)</title", re.IGNORECASE | re.DOTALL)
_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_HEAD: Final = 4_096
_WRONG_BYTES: Final = 10
"""One byte in so many may be wrong in a text that is still taken for UTF-8."""

_SURPRISES: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What parsers of mutilated input are known to raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry as published: markup and white space untouched, ``link`` maybe relative."""

    id: str = ""
    link: str = ""
    title: str = ""
    text: str = ""
    published: datetime | None = None
    categories: tuple[str, ...] = ()
    language: str = ""


def read_items(reply: Reply) -> list[Item]:
    """The entries of a feed, in its order.

    Raises:
        ParseError: the body is no feed, or is cut short before its first whole entry; says
            what came instead.
    """
    body = reply.body
    if not body.strip(b" \t\r\n\0"):
        raise ParseError("the answer is empty; it is asked again")
    try:
        if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
            return _read_json(body)
        return _read_xml(body, reply.headers.get("content-type", ""))
    except _SURPRISES as error:
        raise ParseError(
            f"the feed is mangled ({type(error).__name__}); tell its keeper"
        ) from error


def _read_xml(body: bytes, content_type: str) -> list[Item]:
    if _ENTITY.search(body.replace(b"\0", b"")):
        raise ParseError("the feed declares entities of its own, as attacks do; tell its keeper")
    import feedparser  # noqa: PLC0415 - only the child may grow by it

    text, headers = _decoded(body, content_type)
    found = feedparser.parse(
        io.BytesIO(text),  # a name of a file, as bytes or str, would be opened (rule F7)
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers=headers,
    )
    whole = bool(_CLOSED.search(body[-_HEAD:].replace(b"\0", b"")))
    entries = found.entries if whole else _without_cut_entry(found.entries, body)
    if not entries and not (whole and found.get("version")):
        raise ParseError(_what_came(body, bool(found.get("version"))))
    language = str(found.feed.get("language", ""))
    return [_item(dict(entry), language) for entry in entries]  # its own type warns of old keys


def _decoded(body: bytes, content_type: str) -> tuple[bytes, dict[str, str]]:
    """The body, and headers that name its true encoding.

    Servers and declarations name wrong ones, and what reads as UTF-8 is UTF-8; a few broken
    bytes must not turn every accent of a feed to rubbish.
    """
    if not body.startswith(_BYTE_ORDER_MARKS):
        text = body.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        right = sum(byte >= 0xC2 for byte in body) - wrong if wrong else 0  # noqa: PLR2004 - first bytes
        if wrong * _WRONG_BYTES <= right:
            return text.encode("utf-8"), {"content-type": "application/xml; charset=utf-8"}
    return body, {"content-type": content_type} if content_type else {}


def _without_cut_entry(entries: list[Any], body: bytes) -> list[Any]:
    """The entries but the last, where the body ends inside it: half a sentence misleads."""
    opened = max((found.start() for found in _OPENED_ITEM.finditer(body)), default=-1)
    closed = max((found.start() for found in _CLOSED_ITEM.finditer(body)), default=-1)
    return entries[:-1] if opened > closed else entries


def _what_came(body: bytes, is_feed: bool) -> str:  # noqa: FBT001 - private, one caller
    if is_feed:
        return "the feed is cut short before its first entry ends; it is asked again"
    head = body[: _HEAD * 4]
    if not _HTML.search(head):
        return "the answer is no feed; check that the address is a feed's"
    title = _HTML_TITLE.search(head)
    named = clean_line(strip_html(title[1].decode("utf-8", "replace")), 60) if title else ""
    page = f'a web page ("{named}")' if named else "a web page"
    return f"{page} came instead of a feed; see whether it moved, wants a login or blocks us"


def _item(entry: Mapping[str, Any], language: str) -> Item:
    texts = [entry.get("summary"), *(part.get("value") for part in entry.get("content", ()))]
    return Item(
        id=_string(entry.get("id")),
        link=_string(entry.get("link")),
        title=_string(entry.get("title")),
        text=max(map(_string, texts), key=len),
        published=_published(entry),
        categories=tuple(_string(tag.get("term")) for tag in entry.get("tags", ())),
        language=_string(entry.get("language")) or language,
    )


def _published(entry: Mapping[str, Any]) -> datetime | None:
    for field in ("published", "updated", "created"):
        parsed = entry.get(f"{field}_parsed")
        moment = _moment(parsed) if parsed else read_date(_string(entry.get(field)))
        if moment is not None:
            return moment
    return None


def _moment(parsed: tuple[int, ...]) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _read_json(body: bytes) -> list[Item]:
    """The items of a JSON Feed (jsonfeed.org, version 1 and 1.1)."""
    try:
        feed = json.loads(body)
    except ValueError as error:
        raise ParseError("the answer is JSON that is broken or cut short") from error
    version = _string(feed.get("version"))
    if "jsonfeed.org/version/" not in version or not isinstance(feed.get("items"), list):
        raise ParseError("the answer is JSON but no JSON Feed; check that the address is a feed's")
    language = _string(feed.get("language"))
    return [_json_item(item, language) for item in feed["items"] if isinstance(item, dict)]


def _json_item(item: Mapping[str, Any], language: str) -> Item:
    dates = (read_date(_string(item.get(name))) for name in ("date_published", "date_modified"))
    tags = item.get("tags")
    return Item(
        id=_string(item.get("id")),
        link=_string(item.get("url")) or _string(item.get("external_url")),
        title=_string(item.get("title")),
        text=_first(item, ("content_html", "content_text", "summary")),
        published=next(filter(None, dates), None),
        categories=tuple(map(_string, tags)) if isinstance(tags, list) else (),
        language=_string(item.get("language")) or language,
    )


def _first(item: Mapping[str, Any], names: Iterable[str]) -> str:
    return next(filter(None, (_string(item.get(name)) for name in names)), "")


def _string(value: object) -> str:
    """A string or whole number as text; anything else as none."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value)
