"""What readers with duties get: the facts in a table, time limits and questions to ask."""

from __future__ import annotations

from alertd.core.message import Block, Heading, Table
from alertd.core.model import ISSUED
from alertd.core.people import Role
from alertd.core.render import parts, words
from alertd.core.render.letter import Letter
from alertd.core.texts import Line, RoleSheet


def sheet(letter: Letter) -> RoleSheet:
    """The sheet of the reader's role, or the nearest there is."""
    roles = letter.language.roles
    return roles.get(letter.alert.reader.role) or roles[Role.PRIVACY]


def facts(letter: Letter) -> list[Block]:
    """All that is known of the incident, and how well each is supported."""
    incident = letter.incident
    unknown = letter.say("facts", "unknown")
    count = incident.people and words.people(letter.language, incident.people)
    date = incident.incident_date and words.partial(letter.language, incident.incident_date)
    rows = {
        "organisation": letter.organisation,
        "via": ", ".join(words.name_of(incident.via)),
        "path": "; ".join(words.paths(letter.alert)),
        "status": f"C{incident.corroboration.value}, {_sure(letter)}",
        "severity": letter.say("severity", incident.severity.value),
        "data": ", ".join(letter.data_types(incident.data_types)) or unknown,
        "not-exposed": ", ".join(letter.data_types(incident.not_exposed)),
        "issuers": _issuers(letter),
        "people": count or unknown,
        "countries": _countries(letter, incident.countries) or unknown,
        "date": date or unknown,
        "published": letter.published,
    }
    told = tuple((letter.say("facts", key), value) for key, value in rows.items() if value)
    return [Heading(letter.say("section", "facts")), Table(told)]


def _sure(letter: Letter) -> str:
    return words.status(letter.alert, letter.language, letter.incident)


def _issuers(letter: Letter) -> str:
    issued = letter.incident.data_types & ISSUED
    found = frozenset(
        letter.incident.issuers[kind] for kind in issued & letter.incident.issuers.keys()
    )
    return _countries(letter, found) or (letter.say("facts", "unknown") if issued else "")


def _countries(letter: Letter, codes: frozenset[str]) -> str:
    return ", ".join(sorted(letter.language.country_name(code) for code in codes))


def deadlines(letter: Letter) -> list[Block]:
    """Who must tell whom, from which moment; only law that the event or the reader is under."""
    lines = tuple(line.text for line in sheet(letter).deadlines if _applies(letter, line))
    return parts.section(letter.say("section", "deadlines"), lines)


def _applies(letter: Letter, line: Line) -> bool:
    incident = letter.incident
    places = set(incident.countries)
    if not line.any_of and letter.alert.reader.country:
        places.add(letter.alert.reader.country)
    inside = any(letter.texts.in_region(place, line.region) for place in places)
    shown = line.status.printable and line.fits(incident.data_types, unknown=False)
    return inside and shown


def questions(letter: Letter) -> list[Block]:
    """What to ask the organisation in writing."""
    lines = tuple(line.text for line in sheet(letter).questions if line.status.printable)
    return parts.section(letter.say("section", "questions"), lines)
