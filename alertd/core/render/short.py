"""What stands around the words of an alert: subject, preview line, plain JSON values."""

from __future__ import annotations

from typing import Final

from alertd.core import codec
from alertd.core.model import Change, Incident
from alertd.core.people import Kind, Matched
from alertd.core.render import words
from alertd.core.render.letter import Letter
from alertd.core.texts import Act

_EVENTS: Final = {
    Kind.UPDATE: "org.alertd.breach.updated",
    Kind.WITHDRAWN: "org.alertd.breach.retracted",
    Kind.DRILL: "org.alertd.breach.drill",
}
_SPACES: Final = str.maketrans({"\u202f": " ", "\u00a0": " "})


def subject(letter: Letter) -> str:
    """Who and how sure, or the one neutral sentence; at most 150 characters, one line."""
    kind = letter.alert.kind
    bare = letter.say("subject", "discreet") if letter.hidden else telling(letter)
    if kind is Kind.DRILL:
        bare = letter.say("subject", "drill", subject=bare)
    return words.clean(bare.translate(_SPACES), words.SUBJECT_LENGTH)


def telling(letter: Letter) -> str:
    """Who and how sure, whoever may read along: for the inside of a message."""
    kind, incident = letter.alert.kind, letter.incident
    level = "confirmed" if words.level(incident) == "official" else words.level(incident)
    if kind is Kind.WITHDRAWN or Change.SPLIT in letter.alert.changes:
        return letter.say("subject", "withdrawn")
    date = words.day(letter.language, incident.published, letter.alert.reader.timezone)
    bare = letter.say("subject", "collected" if letter.collected else level, date=date)
    return letter.say("subject", "update", subject=bare) if kind is Kind.UPDATE else bare


def preheader(letter: Letter) -> str:
    """The first act; that it is an exercise; nothing where nothing may show."""
    if letter.alert.kind is Kind.DRILL:
        return letter.say("what", "drill")
    first = [] if letter.alert.kind is Kind.WITHDRAWN else list(letter.advice.acts[:1])
    return first[0].text if first and not letter.hidden else ""


def data(letter: Letter) -> dict[str, object]:
    """The event as JSON values, for machines; nothing that names the reader."""
    alert, incident = letter.alert, letter.incident
    return {
        "type": _EVENTS.get(alert.kind, "org.alertd.breach.created"),
        "incident": incident.ref,
        "revision": incident.revision,
        "kind": alert.kind.value,
        **_facts(incident),
        "citations": [codec.plain(citation) for citation in incident.citations],
        "matched": [_matched(match) for match in alert.matched],
        "acts": [{"id": act.id, "text": act.text} for act in _acts(letter)],
        **({"note": letter.advice.note} if letter.advice.note else {}),
        "language": letter.language.code,
    }


def _matched(match: Matched) -> dict[str, object]:
    reason = match.reason
    return {
        "watch": match.watch,
        "organisation": reason.organisation,
        "role": reason.role,
        "path": list(reason.path),
    }


def _acts(letter: Letter) -> tuple[Act, ...]:
    return () if letter.alert.kind is Kind.WITHDRAWN else letter.advice.acts


def _facts(incident: Incident) -> dict[str, object]:
    return {
        "organisations": [item.name for item in incident.organisations],
        "via": [item.name for item in incident.via],
        "data_types": codec.plain(incident.data_types),
        "not_exposed": codec.plain(incident.not_exposed),
        "issuers": codec.plain(incident.issuers),
        "people": codec.plain(incident.people),
        "status": incident.status.value,
        "corroboration": f"C{incident.corroboration.value}",
        "severity": incident.severity.value,
        "countries": codec.plain(incident.countries),
        "incident_date": incident.incident_date,
        "published": incident.published.isoformat(),
    }
