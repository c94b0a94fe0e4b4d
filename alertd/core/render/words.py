"""Small words of a message: dates, numbers, lists, names from outside made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from alertd.core.model import Citation, Corroboration, Incident, Organisation, People, Status
from alertd.core.people import Alert
from alertd.core.texts import Language

NAME_LENGTH: Final = 60
SUBJECT_LENGTH: Final = 150
QUOTE_LENGTH: Final = 200
ADDRESS_LENGTH: Final = 90
LINE_LENGTH: Final = 2_000
MOST_NAMES: Final = 3

_SCHEME: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"\S*(?:://|@)\S*|\b[\w-]+(?:\.[\w-]+)+/\S*|\bwww\.\S+", re.IGNORECASE)
_PHONE: Final = re.compile(r"\+?\d(?:[ .()/-]?\d){5,}")
_MARKUP: Final = re.compile(r"<[^<>]{0,200}>")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_URL: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@\s]*@)?([^/:?#\s]+)(?::\d+)?(/[^?#\s]*)?"
)
_REST: Final = {len("2026"): "-01-01", len("2026-05"): "-01"}


def clean(text: str, limit: int = NAME_LENGTH) -> str:
    """One line of outside text: no controls, no scheme that a reader's program would link."""
    seen = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or unicodedata.category(char) not in _INVISIBLE
    )
    bare = _SCHEME.sub("", seen).replace("=?", "= ?")
    return _cut(" ".join(bare.split()), limit)


def quotable(text: str) -> str:
    """A publisher's own words, short: no markup, no address, no number to call."""
    bare = _PHONE.sub("…", _ADDRESS.sub("…", _MARKUP.sub(" ", text)))
    return clean(bare, QUOTE_LENGTH)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def listed(language: Language, names: Sequence[str]) -> str:
    """Names in one phrase: "A, B and C", or "A, B, C and 4 more"."""
    shown = [name for name in names if name]
    conjunction = f" {language.say('format', 'and')} "
    if len(shown) > MOST_NAMES + 1:
        rest = language.say("source", "more", count=len(shown) - MOST_NAMES)
        return f"{', '.join(shown[:MOST_NAMES])} {rest}"
    return conjunction.join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def quoted(language: Language, name: str) -> str:
    """A name between the language's own quotation marks."""
    return language.say("format", "quoted", text=clean(name))


def name_of(organisations: Sequence[Organisation]) -> list[str]:
    """The names as they are shown."""
    return [clean(organisation.name) for organisation in organisations]


def path(names: Sequence[str]) -> str:
    """The way from a watched organisation to the supplier that was hit."""
    return " ← ".join(clean(name) for name in names)


def paths(alert: Alert) -> list[str]:
    """The ways by which suppliers of watched organisations are concerned, each once."""
    chains = (match.reason.path for match in alert.matched if match.reason.path)
    return list(dict.fromkeys(path(chain) for chain in chains))


def organisation(alert: Alert, language: Language) -> str:
    """Who was breached, as far as it is known; a possible match names the watched name."""
    names = name_of(alert.incident.organisations)
    guesses = [match.reason.organisation for match in alert.matched if match.reason.organisation]
    found = names or [clean(name) for name in dict.fromkeys(guesses)]
    return listed(language, found) if found else language.say("note", "organisation")


def many(alert: Alert) -> bool:
    """Whether the sentence about the organisations is in the plural."""
    return len(alert.incident.organisations) > 1


def day(language: Language, moment: date | datetime, timezone: str = "UTC") -> str:
    """A day written out, in the reader's time zone where a moment is given."""
    from babel.dates import format_date  # noqa: PLC0415 - slow to import

    local = moment.astimezone(ZoneInfo(timezone)) if isinstance(moment, datetime) else moment
    words = language.messages["format"]
    pattern = words["first-day" if local.day == 1 else "day"]
    return str(format_date(local, format=pattern, locale=words["locale"]))


def partial(language: Language, iso: str) -> str:
    """A day, month or year as far as it is known: "2026-05" is May 2026."""
    from babel.dates import format_date  # noqa: PLC0415 - slow to import

    words = language.messages["format"]
    try:
        whole = date.fromisoformat(iso + _REST.get(len(iso), ""))
    except ValueError:
        return clean(iso)
    if len(iso) not in _REST:
        return day(language, whole)
    pattern = words["year" if len(iso) == len("2026") else "month"]
    return str(format_date(whole, format=pattern, locale=words["locale"]))


def number(language: Language, value: int) -> str:
    """A number in the reader's own grouping."""
    from babel.numbers import format_decimal  # noqa: PLC0415 - slow to import

    return str(format_decimal(value, locale=language.say("format", "locale")))


def people(language: Language, found: People) -> str | None:
    """How many are affected, in words; None when neither bound is known."""
    units = language.messages["units"]
    low = None if found.low is None else number(language, found.low)
    high = None if found.high is None else number(language, found.high)
    key = _bounds(found.low, found.high)
    unit = units.get(found.unit, units["other"])
    return key and language.say("people", key, low=low, high=high, unit=unit)


def _bounds(low: int | None, high: int | None) -> str | None:
    if low is None:
        return None if high is None else "up-to"
    if high is None:
        return "at-least"
    return "exact" if low == high else "between"


def status(alert: Alert, language: Language, incident: Incident) -> str:
    """How sure an incident is, in words."""
    key = f"c{incident.corroboration.value}"
    if incident.status in {Status.DISPUTED, Status.WITHDRAWN}:
        key = incident.status.value
    return language.say("status", key, organisation=organisation(alert, language))


def level(incident: Incident) -> str:
    """The wording that its corroboration allows: claimed, reported, confirmed or official."""
    if incident.corroboration is Corroboration.C0:
        return "claimed"
    if incident.corroboration <= Corroboration.C2:
        return "reported"
    return "confirmed" if incident.corroboration is Corroboration.C3 else "official"


def publishers(citations: Sequence[Citation]) -> list[str]:
    """Who published, each once, the first to publish first."""
    ordered = sorted(citations, key=lambda citation: citation.published)
    return list(dict.fromkeys(clean(citation.publisher) for citation in ordered))


def defanged(url: str) -> str:
    """An address that no program makes clickable: ``example[.]org/news``."""
    found = _URL.match(url.strip())
    host, path = (found[1], found[2] or "") if found else (url, "")
    address = _punycode(host).replace(".", "[.]") + path
    return _cut(clean(address, len(address)), ADDRESS_LENGTH)


def _punycode(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host.encode("ascii", "replace").decode("ascii")
