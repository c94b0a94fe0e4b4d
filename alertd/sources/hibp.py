"""Have I Been Pwned: the whole list of breaches as JSON, one record each, kept for ever.

``AddedDate`` is when a record was posted and decides what is news; ``BreachDate`` is when it
happened, often years before.  Keys come and go without a new version: unknown ones are passed
over, and only those that make a record what it is have to be there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from alertd.core.clean import ORGANISATION_LIMIT, TEXT_LIMIT, TITLE_LIMIT, clean_line, clean_text
from alertd.core.feed import Reply, Request, Source
from alertd.core.model import People, Report, Status, Tier
from alertd.errors import ParseError
from alertd.sources.classes import data_types
from alertd.sources.dates import read_date
from alertd.sources.links import safe_link
from alertd.sources.markup import strip_html

_REQUIRED: Final = ("Name", "Title", "AddedDate")
_NO_BREACH: Final = ("IsFabricated", "IsSpamList", "IsRetired")
"""Flags of records that tell of no breach, or that were taken down."""
_COLLECTED: Final = ("IsMalware", "IsStealerLog", "IsSubscriptionFree")
"""Flags of records that tell of no one vendor: what malware, phishing or the police gathered."""
_PAGE: Final = "https://haveibeenpwned.com/Breach/"
_LINK: Final = re.compile(r"href\s*=\s*[\"'](https?://[^\"'/\s<>]+)", re.IGNORECASE)
_MOST_LINKS: Final = 6
_LONGEST_LINE: Final = 300
_TOO_MANY: Final = 10**12
"""Accounts that no list can hold: a number that overflowed somewhere."""
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


def parse(reply: Reply, source: Source) -> list[Report]:
    """The records that tell of a breach, at most ``source.max_items``, the newest.

    Raises:
        ParseError: the body is no such list, a record lacks what makes it one, or two share a
            name; nothing is read then, since the list is whole or it is not what it was.
    """
    records = _records(reply.body)
    _check(records)
    told = [record for record in records if not any(_flag(record, name) for name in _NO_BREACH)]
    reports = [_report(record, source) for record in told]
    reports.sort(key=lambda report: report.published or _EARLIEST, reverse=True)
    return reports[: source.max_items]


def _records(body: bytes) -> list[Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError("the list of breaches is no whole JSON; it is asked again") from error
    if not isinstance(found, list) or not found:
        raise ParseError(
            "the answer is JSON but no list of breaches; check that the address is /api/v3/breaches"
        )
    return found


def _check(records: list[Any]) -> None:
    seen: set[str] = set()
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise ParseError(f"record {number} of the list is no record; it is asked again")
        for key in _REQUIRED:
            if not _line(record, key):
                raise ParseError(f"record {number} of the list has no {key}; it is asked again")
        name = _line(record, "Name")
        if name in seen:
            raise ParseError(f"record {number} of the list repeats a Name; it is asked again")
        seen.add(name)


def _report(record: Mapping[str, Any], source: Source) -> Report:
    name, html = _line(record, "Name"), _string(record, "Description")
    title = clean_line(strip_html(_line(record, "Title")), TITLE_LIMIT) or name
    collected = any(_flag(record, flag) for flag in _COLLECTED)
    domain = "" if collected else _line(record, "Domain")
    classes = record.get("DataClasses")
    return Report(
        source=source.name,
        key=name,
        url=safe_link(_PAGE + quote(name, safe="")),
        title=title,
        text=clean_text(f"{strip_html(html)}\n{_links(html, domain)}", TEXT_LIMIT),
        published=read_date(_line(record, "AddedDate")),
        language=source.language,
        organisations=() if collected else (clean_line(title, ORGANISATION_LIMIT),),
        domain=domain or None,
        data_types=data_types(filter(_is_text, classes if isinstance(classes, list) else ())),
        people=_accounts(record.get("PwnCount")),
        incident_date=_day(_line(record, "BreachDate")),
        status=_status(record.get("IsVerified")),
        country=source.country,
        tier=source.tier,
        sensitive=_flag(record, "IsSensitive"),
        collected=collected,
    )


def _links(html: str, domain: str) -> str:
    """The hosts that a record links: whoever is linked does not corroborate it.

    Only beside a stated domain, since a host would else be taken for the organisation's.
    """
    hosts = dict.fromkeys(found[1].lower() for found in _LINK.finditer(html))
    return " ".join(list(hosts)[:_MOST_LINKS]) if domain else ""


def _accounts(count: object) -> People | None:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count < _TOO_MANY:
        return None
    return People(count, count, "accounts")


def _status(verified: object) -> Status | None:
    """What the list itself has found out; the words decide where it does not say."""
    if not isinstance(verified, bool):
        return None
    return Status.CONFIRMED if verified else Status.CLAIMED


def _flag(record: Mapping[str, Any], name: str) -> bool:
    return record.get(name) is True


def _string(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _line(record: Mapping[str, Any], name: str) -> str:
    return clean_line(_string(record, name), _LONGEST_LINE)


def _day(written: str) -> str | None:
    """The day of a breach, in the form of ISO 8601."""
    day = read_date(written)
    return f"{day:%Y-%m-%d}" if day else None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


SOURCE = Source(
    name="hibp",
    kind="hibp",
    request=Request(
        "https://haveibeenpwned.com/api/v3/breaches", headers={"accept": "application/json"}
    ),
    parse=parse,
    publisher="Have I Been Pwned",
    every=timedelta(hours=6),
    tier=Tier.CURATED,
    language="en",
    max_items=20_000,
    licence="Content of Have I Been Pwned, believed CC BY 4.0; attributed to it by name.",
)
