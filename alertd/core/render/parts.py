"""The parts of a message in the order of guidance-style section 3, as blocks."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from alertd.core.advise import Contact, personal
from alertd.core.message import Block, Bullets, Heading, Link, Paragraph, Quote, Steps
from alertd.core.model import ISSUED, Citation, DataType, Incident, Speaker, Status
from alertd.core.people import Field, Kind, Matched
from alertd.core.render import words
from alertd.core.render.letter import Letter
from alertd.core.texts import Language

MOST_CITATIONS: Final = 3

_SPEAKER: Final = {
    "claimed": Speaker.CRIMINALS,
    "confirmed": Speaker.ORGANISATION,
    "official": Speaker.AUTHORITY,
}


def what_happened(letter: Letter) -> list[Block]:
    """Parts 1 and 2: what happened, when, and who says so."""
    alert, incident = letter.alert, letter.incident
    lines = [opening(letter)]
    if incident.via:
        names = words.listed(letter.language, words.name_of(incident.via))
        lines.append(letter.say("what", "via", via=names))
    if incident.incident_date:
        date = words.partial(letter.language, incident.incident_date)
        lines.append(letter.say("what", "happened", date=date))
    if incident.people and (count := words.people(letter.language, incident.people)):
        lines.append(letter.say("what", "people", people=count))
    late = [letter.say("what", "late", date=letter.published)] if alert.late else []
    drill = [letter.say("what", "drill")] if alert.kind is Kind.DRILL else []
    return [*map(Paragraph, (*drill, *late)), Paragraph(" ".join(lines))]


def opening(letter: Letter) -> str:
    """The sentence that says what happened and who says so, no surer than it is known."""
    incident = letter.incident
    if incident.status is Status.DISPUTED:
        return _disputed(letter)
    key = words.level(incident)
    if not incident.citations:
        return letter.say("what", f"{key}-short")
    if key == "reported" or letter.collected:
        return _reported(letter)
    cited = spoken(incident, _SPEAKER[key])
    publisher = words.clean(cited.publisher)
    own = key == "confirmed" and publisher in words.name_of(incident.organisations)
    key = "confirmed-own" if own else key
    return letter.say("what", key, publisher=publisher, date=letter.day(cited))


def _reported(letter: Letter) -> str:
    names = words.publishers(letter.incident.citations)
    key = "reported-many" if len(names) > 1 else "reported"
    key = "collected" if letter.collected else key
    first = min(letter.incident.citations, key=lambda citation: citation.published)
    publisher = words.listed(letter.language, names)
    return letter.say("what", key, publisher=publisher, date=letter.day(first))


def _disputed(letter: Letter) -> str:
    against = [item for item in letter.incident.citations if item.status is Status.DISPUTED]
    if not against:
        return letter.say("what", "disputed-short")
    if any(item.speaker is Speaker.ORGANISATION for item in against):
        return letter.say("what", "denied")
    return letter.say("what", "disputed", publisher=words.clean(against[0].publisher))


def spoken(incident: Incident, speaker: Speaker) -> Citation:
    """The first citation that carries that speaker's statement, else the first of all."""
    found = (item for item in incident.citations if item.speaker is speaker)
    return next(found, incident.citations[0])


def why(letter: Letter, *, proof: bool = True) -> list[Block]:
    """Part 3: the watches that matched, and what this does not prove."""
    lines = [_reason(letter, match) for match in letter.alert.matched]
    possible = any(match.reason.possible for match in letter.alert.matched)
    if proof and personal(letter.alert.reader.role):
        key = "not-proof-collected" if letter.collected else "not-proof"
        lines.append(letter.say("why", key))
    told: list[Block] = [Paragraph(" ".join(dict.fromkeys(lines)))] if lines else []
    title = words.quotable(letter.incident.title)
    if possible and title:
        first = words.publishers(letter.incident.citations)
        told.append(Quote(title, first[0] if first else ""))
    return [Heading(letter.say("why", "heading")), *told] if told else []


def _reason(letter: Letter, match: Matched) -> str:
    watch = words.quoted(letter.language, match.watch)
    name = words.clean(match.reason.organisation or "")
    if match.reason.possible and name:
        return letter.say("why", "possible", organisation=name)
    if name and match.reason.path:
        client = words.clean(match.reason.path[0])
        path = words.path(match.reason.path)
        return letter.say(
            "why", "supplier", watch=watch, organisation=name, client=client, path=path
        )
    if name:
        key = "via" if match.reason.role == "via" else "organisation"
        return letter.say("why", key, watch=watch, organisation=name)
    kinds = _watched_types(match) & letter.incident.data_types
    if kinds:
        names = words.listed(letter.language, letter.data_types(kinds))
        return letter.say("why", "data-types", watch=watch, data_types=names)
    return letter.say("why", "other", watch=watch)


def _watched_types(match: Matched) -> frozenset[DataType]:
    terms = (term for criterion in match.reason.criteria for term in criterion.terms)
    keys = {term.key for term in terms if term.field is Field.DATA_TYPE}
    return frozenset(kind for kind in DataType if kind.value in keys)


def leaked(letter: Letter) -> list[Block]:
    """Part 4: what leaked, what did not, what is not known."""
    incident = letter.incident
    level = words.level(incident)
    title = "confirmed" if level == "official" else level
    denied = "not" if title == "confirmed" else "not-sure"
    missing = not_known(letter)
    return [
        *section(letter.say("leaked", title), letter.data_types(incident.data_types)),
        *section(letter.say("leaked", denied), letter.data_types(incident.not_exposed)),
        *section(letter.say("leaked", "unknown"), missing),
    ]


def not_known(letter: Letter) -> tuple[str, ...]:
    """What a reader would ask next and nobody has said."""
    incident = letter.incident
    issued = incident.data_types & ISSUED
    gaps = {
        "unknown-claim": words.level(incident) == "claimed",
        "unknown-organisation": not incident.organisations,
        "unknown-types": not incident.data_types,
        "unknown-people": not (incident.people and words.people(letter.language, incident.people)),
        "unknown-issuer": bool(issued) and not issued & incident.issuers.keys(),
        "unknown-date": not incident.incident_date,
        "unknown-spelling": "mixed_scripts" in incident.evidence,
    }
    return tuple(letter.say("leaked", key) for key, gap in gaps.items() if gap)


def acts(letter: Letter) -> list[Block]:
    """Part 5: whose numbers these are, and what to do in which order."""
    advice = letter.advice
    note: list[Block] = [Paragraph(advice.note)] if advice.note else []
    steps = Steps(tuple((act.text, act.reason) for act in advice.acts))
    return [Heading(letter.say("section", "acts")), *note, steps]


def scams(letter: Letter, heading: str = "scams") -> list[Block]:
    """Part 6: the likeliest frauds, each with its sign."""
    items = tuple(f"{scam.name}. {scam.tell}" for scam in letter.advice.scams)
    return section(letter.say("section", heading), items)


def do_not(letter: Letter) -> list[Block]:
    """Part 7: what makes things worse."""
    items = tuple(line.text for line in letter.advice.do_not)
    return section(letter.say("section", "do-not"), items)


def help_(letter: Letter) -> list[Block]:
    """Part 8: whom to turn to, and that they do not call first."""
    contacts = letter.advice.contacts
    lines = tuple(_contact(letter, contact) for contact in contacts)
    end: list[Block] = []
    if any(contact.phone for contact in contacts):
        end.append(Paragraph(letter.say("help", "call")))
    found = section(letter.say("section", "help"), lines or (letter.say("help", "nobody"),))
    return [*found, *end]


def _contact(letter: Letter, contact: Contact) -> str:
    reach = contact.phone or contact.url or ""
    if contact.phone and contact.url:
        reach = letter.say("help", "reach", phone=contact.phone, url=contact.url)
    return letter.say("help", "contact", name=contact.name, purpose=contact.use_for, reach=reach)


def rights(letter: Letter) -> list[Block]:
    """Part 9: rights and time limits."""
    items = tuple(line.text for line in letter.advice.rights)
    return section(letter.say("section", "rights"), items)


def source(letter: Letter) -> list[Block]:
    """Part 10: who published, how sure it is, and where to read more."""
    cited = letter.incident.citations
    lines = [
        letter.say("source", "line", publisher=words.clean(item.publisher), date=letter.day(item))
        for item in cited[:MOST_CITATIONS]
    ]
    if len(cited) > MOST_CITATIONS:
        lines.append(letter.say("source", "more", count=len(cited) - MOST_CITATIONS))
    sure = words.status(letter.alert, letter.language, letter.incident)
    lines.append(letter.say("source", "confirmed", status=sure))
    return [*section(letter.say("section", "source"), tuple(lines)), *_more(letter)]


def _more(letter: Letter) -> list[Block]:
    if letter.alert.page:
        return [Link(letter.say("source", "page"), letter.alert.page)]
    address = next((item.url for item in letter.incident.citations if item.url), "")
    if not address:
        return []
    return [Paragraph(letter.say("source", "address", address=words.defanged(address)))]


def section(heading: str, items: tuple[str, ...]) -> list[Block]:
    """A heading and its lines; nothing where there is no line."""
    return [Heading(heading), Bullets(items)] if items else []


def footer(letter: Letter) -> tuple[Block, ...]:
    """How to know a true mail, how to stop, and how fresh the advice is."""
    alert = letter.alert
    page = [letter.say("footer", "page", page=alert.page)] if alert.page else []
    lines = [letter.say("footer", "true-mail"), *page, freshness(letter.language)]
    return (*map(Paragraph, lines), stop(letter.language, alert.unsubscribe, alert.contact))


def freshness(language: Language) -> str:
    """When the advice was last looked at, said as it is."""
    if language.reviewed:
        return language.say("footer", "reviewed", date=words.day(language, language.reviewed))
    return language.say("footer", "compiled", date=words.day(language, language.compiled))


def stop(language: Language, unsubscribe: str, contact: str) -> Block:
    """The way to stop these mails: our own link, else an address, else the operator."""
    if unsubscribe.startswith(("https://", "http://")):
        return Link(language.say("footer", "stop-link"), unsubscribe)
    address, _, subject = unsubscribe.removeprefix("mailto:").partition("?subject=")
    if subject:
        said = language.say("footer", "stop-mail", contact=unquote(address), subject=subject)
        return Paragraph(said)
    address = address or contact
    if address:
        return Paragraph(language.say("footer", "stop-write", contact=address))
    return Paragraph(language.say("footer", "stop-ask"))
