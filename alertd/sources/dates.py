"""Dates as feeds write them, the wrong ways included."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_MONTHS: Final = {
    word: number
    for number, words in enumerate(
        (
            *("jan january janv janvier enero ene", "feb february fev fevr fevrier febrero"),
            *("mar march mars marzo mrz", "apr april avr avril abril abr", "may mai mayo"),
            *("jun june juin junio juni", "jul july juil juillet julio juli"),
            *("aug august aout agosto ago", "sep sept september septembre septiembre"),
            *("oct october octobre octubre okt oktober", "nov november novembre noviembre"),
            "dec december decembre diciembre dic dez dezember",
        ),
        start=1,
    )
    for word in words.split()
}
_ZONES: Final = {
    **dict.fromkeys(("z", "utc", "ut", "gmt", ""), 0),
    **dict.fromkeys(("cet", "bst"), 60),
    **dict.fromkeys(("est", "cdt"), -300),
    **dict.fromkeys(("cst", "mdt"), -360),
    **dict.fromkeys(("mst", "pdt"), -420),
    "cest": 120,
    "edt": -240,
    "pst": -480,
}
_CLOCK: Final = (
    r"(?:(?:,|t| a| at)?\s*(?P<hour>\d{1,2})[:h](?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:\.\d+)?)?)?"
    r"\s*(?P<zone>[+-]\d{2}:?\d{2}|[a-z]{0,4})"
)
_FORMS: Final = tuple(
    re.compile(form + _CLOCK)
    for form in (
        r"(?:[a-z]+\.?,?\s+)?(?P<day>\d{1,2})(?:er|st|nd|rd|th|\.)?\s+(?P<month>[a-z]+)\.?,?\s+(?P<year>\d{4})",
        r"(?:[a-z]+\.?,?\s+)?(?P<month>[a-z]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        r"(?P<year>\d{4})[-/](?P<month>\d{1,2}|[a-z]+)[-/](?P<day>\d{1,2})",
    )
)


def read_date(text: str) -> datetime | None:
    """The moment that ``text`` names, aware and in UTC; None when none can be read.

    A date without a zone is taken as UTC.  Weekdays are not compared.  Day and month are
    never guessed from numbers alone, but in the order of ISO 8601.
    """
    folded = "".join(
        char
        for char in unicodedata.normalize("NFKD", text[:80]).casefold()
        if not unicodedata.combining(char)
    )
    for form in _FORMS:
        if found := form.fullmatch(" ".join(folded.split())):
            return _moment(found.groupdict(default=""))
    return None


def _moment(part: dict[str, str]) -> datetime | None:
    month = int(part["month"]) if part["month"].isdigit() else _MONTHS.get(part["month"], 0)
    offset = _offset(part["zone"])
    if offset is None:
        return None
    try:
        return datetime(
            int(part["year"]),
            month,
            int(part["day"]),
            int(part["hour"] or 0),
            int(part["minute"] or 0),
            int(part["second"] or 0),
            tzinfo=timezone(timedelta(minutes=offset)),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> int | None:
    """Minutes east of Greenwich; None for a zone that is not known."""
    if zone[:1] in {"+", "-"}:
        minutes = int(zone[1:3]) * 60 + int(zone[-2:])
        return minutes if zone[0] == "+" else -minutes
    return _ZONES.get(zone)
