"""HHS OCR: breaches of US health data that concern 500 people or more, as filed by law.

The first page of the portal's table, one row a filing.  Rows have no identifier, are corrected
later and leave the page when a case closes.  The place of a breach ("Email") is a medium and
names no kind of data; only a description does, where there is one.  No real page was seen.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from alertd.core.clean import ORGANISATION_LIMIT, TEXT_LIMIT, TITLE_LIMIT, clean_line, clean_text
from alertd.core.feed import Reply, Request, Source
from alertd.core.model import Dated, People, Report, Status, Tier
from alertd.errors import ParseError
from alertd.sources.links import safe_link

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_NAME: Final = "name of covered entity"
_STATE: Final = "state"
_KIND: Final = "covered entity type"
_COUNT: Final = "individuals affected"
_DATE: Final = "breach submission date"
_TYPE: Final = "type of breach"
_PLACE: Final = "location of breached information"
_ASSOCIATE: Final = "business associate present"
_DESCRIPTION: Final = "web description"
_REQUIRED: Final = (_NAME, _STATE, _COUNT, _DATE, _TYPE)
_UNSEEN: Final = ".ui-icon, .ui-row-toggler, td > .ui-column-title, script, style, .ui-sr-only"
_NOTE: Final = re.compile(
    r"^dormant\W+see master file\W*\d*[\s_:-]*|[\s_:,(-]*\bdormant\W+see master file\b.*$",
    re.IGNORECASE,
)
_DAY: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_AT_LEAST: Final = frozenset({500, 501})
"""What is filed while nobody has counted: more than 499 have to be reported."""
_MEDIA: Final = {
    "network server": "a server",
    "email": "mailboxes",
    "electronic medical record": "the system for charts",
    "paper/films": "on paper or film",
    "laptop": "a laptop",
    "desktop computer": "a computer",
    "other portable electronic device": "a portable device",
}
_PARTIES: Final = {
    "healthcare provider": "a provider of care",
    "health plan": "a health plan",
    "business associate": "a business associate",
    "healthcare clearing house": "a clearing house",
}
"""The portal's own words for these would be read as kinds of data, or as a supplier's name."""
_WRONG_PAGE: Final = (
    "the page holds no table of breaches; see whether it moved, is down or blocks us"
)

Row = Mapping[str, str]


def parse(reply: Reply, source: Source) -> list[Report]:
    """The rows of the page, at most ``source.max_items``, in its order.

    Raises:
        ParseError: the page does not hold the table, or the table has other columns.
    """
    rows = list(_rows(reply.body))[: source.max_items]
    seen: Counter[str] = Counter()
    reports = []
    for row in rows:
        identity = _identity(row)
        seen[identity] += 1
        reports.append(_report(row, _hash(identity, seen[identity]), source))
    return reports


def _rows(body: bytes) -> Iterator[Row]:
    """The rows by folded column name; whatever is no whole row of the table is passed over."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - only the child may grow by it

    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    for node in tree.css(_UNSEEN):
        node.decompose()
    table, columns = _table(tree)
    lines = [[_text(cell) for cell in line.css("td")] for line in table.css("tbody tr")]
    whole = [
        dict(zip(columns, cells, strict=True)) for cells in lines if len(cells) == len(columns)
    ]
    if not whole and b"</html" not in body.lower():
        raise ParseError("the page is cut short before its first whole row; it is asked again")
    if not whole and any(len(cells) > 1 for cells in lines):
        raise ParseError("the rows of the table do not fit its columns; tell alertd's keepers")
    return (row for row in whole if row[_NAME])


def _table(tree: LexborHTMLParser) -> tuple[LexborNode, list[str]]:
    """The innermost table with the right heads, and its columns by folded name."""
    for table in reversed(tree.css("table")):
        columns = [_text(cell).casefold() for cell in table.css("thead th")]
        if _NAME in columns:
            missing = [name for name in _REQUIRED if name not in columns]
            if missing:
                raise ParseError(f'the table has lost its column "{missing[0]}"; tell its keeper')
            return table, columns
    raise ParseError(_WRONG_PAGE)


def _text(node: LexborNode) -> str:
    return clean_text(node.text(deep=True), TEXT_LIMIT)


def _report(row: Row, key: str, source: Source) -> Report:
    name = _name(row)
    return Report(
        source=source.name,
        key=key,
        url=safe_link(f"{source.request.url}#{key}"),
        title=clean_line(name, TITLE_LIMIT),
        text=clean_text(_told(row), TEXT_LIMIT),
        published=_day(row[_DATE]),
        language=source.language,
        organisations=(clean_line(name, ORGANISATION_LIMIT),),
        people=_people(row[_COUNT]),
        status=Status.CONFIRMED,
        country=source.country,
        tier=source.tier,
    )


def _name(row: Row) -> str:
    """The name without the notes that clerks leave in it."""
    line = clean_line(row[_NAME], TITLE_LIMIT)
    return _NOTE.sub("", line).strip() or line


def _told(row: Row) -> str:
    """What the row says, in words of which none would be read as a kind of data."""
    who, where = _line(row, _KIND).casefold(), _line(row, _STATE)
    said = [
        "Filed with the US government as a data breach" + (f", in {where}" if where else ""),
        f"Type: {_line(row, _TYPE)}",
        f"Filed by: {_PARTIES.get(who, 'other')}",
        f"Where it happened: {_media(_line(row, _PLACE))}",
    ]
    if _line(row, _ASSOCIATE).casefold() == "yes":
        said.append("A business associate was involved")
    return ".\n".join([*said, row.get(_DESCRIPTION, "")])


def _media(places: str) -> str:
    named = (place.strip().casefold() for place in places.split(","))
    return ", ".join(dict.fromkeys(_MEDIA.get(place, "elsewhere") for place in named))


def _line(row: Row, column: str) -> str:
    return clean_line(row.get(column, ""), TITLE_LIMIT)


def _day(written: str) -> datetime | None:
    """Month, day and year, as the portal writes them; None for anything else."""
    found = _DAY.fullmatch(written.strip())
    if found is None:
        return None
    try:
        return datetime(int(found[3]), int(found[1]), int(found[2]), tzinfo=UTC)
    except ValueError:
        return None


def _people(written: str) -> People | None:
    digits = written.replace(",", "").strip()
    if not digits.isdecimal() or len(digits) > len("100000000000") or not int(digits):
        return None
    count = int(digits)
    return People(500, None) if count in _AT_LEAST else People(count, count)


def _identity(row: Row) -> str:
    parts: Sequence[str] = (_name(row), row[_STATE], row[_TYPE], row[_DATE], row[_COUNT])
    return "\0".join(" ".join(part.casefold().split()) for part in parts)


def _hash(identity: str, number: int) -> str:
    return hashlib.sha256(f"{identity}\0{number}".encode("utf-8", "replace")).hexdigest()[:32]


SOURCE = Source(
    name="hhs-ocr",
    kind="hhs-ocr",
    request=Request("https://ocrportal.hhs.gov/ocr/breach/breach_report.jsf"),
    parse=parse,
    publisher="US Department of Health and Human Services",
    every=timedelta(hours=12),
    tier=Tier.OFFICIAL,
    dated=Dated.EVENT,
    country="US",
    language="en",
    observed=False,
    licence="A work of the US federal government, in the public domain there.",
)
