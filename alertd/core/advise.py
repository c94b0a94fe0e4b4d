"""What a reader is told to do: sheets chosen and ranked by data type, issuer and country."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeVar

from alertd.core.model import ISSUED, DataType
from alertd.core.people import Reader, Role
from alertd.core.texts import Act, Body, Fact, FactStatus, Language, Line, Scam, Sheet, Texts

MOST_ACTS: Final = 5
MOST_SCAMS: Final = 3
MOST_LINES: Final = 3
MOST_CONTACTS: Final = 3
MOST_RIGHTS: Final = 2

_PLACE: Final = re.compile(r"\{([a-z]+(?:\.[a-z0-9]+)?)\}")

F = TypeVar("F", Act, Scam, Line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A body that the reader may turn to; ``reviewed`` is None while no person checked it."""

    name: str
    use_for: str
    phone: str | None
    url: str | None
    status: FactStatus
    reviewed: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What one reader is told: acts in their order, scams, what not to do, help and rights.

    ``note`` is what stands before the acts: whose numbers these are, what has no sheet.
    """

    acts: tuple[Act, ...]
    scams: tuple[Scam, ...]
    do_not: tuple[Line, ...]
    contacts: tuple[Contact, ...]
    rights: tuple[Line, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One leak as it touches one reader: ``useful`` are the types whose advice may apply."""

    texts: Texts
    language: Language
    reader: Reader
    data_types: frozenset[DataType]
    issuers: Mapping[DataType, str]
    useful: frozenset[DataType]
    today: date
    organisation: str

    @property
    def unknown(self) -> bool:
        return not self.data_types

    @property
    def strange(self) -> frozenset[DataType]:
        """Numbers that cannot be this reader's, or of which nobody knows whose they are."""
        return self.data_types - self.useful

    def keep(self, facts: Iterable[F]) -> list[F]:
        """The facts that may be shown and hold here, best first."""
        fitting = (fact for fact in facts if self._holds(fact))
        return sorted(fitting, key=lambda fact: fact.rank)

    def lines(self, facts: Iterable[Line]) -> tuple[Line, ...]:
        """The sentences that hold here, best first, their places filled."""
        return tuple(replace(line, text=self.fill(line.text)) for line in self.keep(facts))

    def _holds(self, fact: Fact) -> bool:
        return fact.status.printable and fact.fits(self.useful, unknown=self.unknown)

    def fill(self, text: str) -> str:
        """The text with the organisation's name and the bodies' numbers in their places."""
        return _PLACE.sub(self._place, text)

    def _place(self, found: re.Match[str]) -> str:
        if found[1] == "organisation":
            return self.organisation
        bodies = (body for pack in self.texts.packs.values() for body in pack.bodies)
        body = next(body for body in bodies if body.id == found[1])
        return body.phone_on(self.today) or body.site or body.name


def personal(role: Role) -> bool:
    """Whether a reader gets a person's layout; the others answer for other people's data."""
    return role in {Role.INDIVIDUAL, Role.ASSOCIATION}


def advise(
    texts: Texts,
    *,
    data_types: frozenset[DataType],
    issuers: Mapping[DataType, str],
    reader: Reader,
    today: date,
    organisation: str = "",
) -> Advice:
    """The advice for one reader on a leak of ``data_types``.

    Numbers that a state or a bank issues bring their acts only where ``issuers`` and the
    reader's country agree (guidance-style rule 10); contacts always follow the reader.
    """
    language = texts.language(reader.language)
    useful = frozenset(
        kind for kind in data_types if kind not in ISSUED or _agree(kind, issuers, reader)
    )
    case = _Case(
        texts=texts,
        language=language,
        reader=reader,
        data_types=data_types,
        issuers=issuers,
        useful=useful,
        today=today,
        organisation=organisation or language.say("note", "organisation"),
    )
    sheets = _sheets(case)
    general = language.sheets["generic", ""]
    every = [*sheets.values(), general]
    return Advice(
        acts=_acts(case, list(sheets.values()), general),
        scams=tuple(_distinct(case.keep(item for sheet in every for item in sheet.scams)))[
            :MOST_SCAMS
        ],
        do_not=case.lines(item for sheet in every for item in sheet.do_not)[:MOST_LINES],
        contacts=_contacts(case),
        rights=_rights(case),
        note=_note(case, frozenset(sheets), general),
    )


def _agree(kind: DataType, issuers: Mapping[DataType, str], reader: Reader) -> bool:
    return reader.country is not None and issuers.get(kind) == reader.country


def _sheets(case: _Case) -> dict[DataType, Sheet]:
    """The sheet of each useful type: the reader's country's own, else the general one."""
    known = case.language.sheets
    found = {
        kind: known.get((kind.value, case.reader.country or ""), known.get((kind.value, "")))
        for kind in sorted(case.useful)
    }
    return {kind: sheet for kind, sheet in found.items() if sheet is not None}


def _acts(case: _Case, sheets: list[Sheet], general: Sheet) -> tuple[Act, ...]:
    role = None if personal(case.reader.role) else case.language.roles.get(Role.PRIVACY)
    if role is not None:
        chosen = case.keep(role.acts)[:MOST_ACTS]
    else:
        chosen = _capped(_merged(case.keep(_offered(case, sheets, general))))
    return tuple(
        replace(act, text=case.fill(act.text), reason=case.fill(act.reason)) for act in chosen
    )


def _offered(case: _Case, sheets: list[Sheet], general: Sheet) -> list[Act]:
    of_sheets = [act for sheet in sheets for act in sheet.acts]
    of_all = [act for act in general.acts if not (act.last and sheets)]
    if case.strange and not sheets:
        of_all = [act for act in of_all if act.vigilance]
    return of_sheets + of_all


def _merged(acts: list[Act]) -> list[Act]:
    """Each act once, in its best wording; one that several sheets name moves up."""
    mentions: dict[str, int] = {}
    for act in acts:
        mentions[act.id] = mentions.get(act.id, 0) + 1
    return sorted(_distinct(acts), key=lambda act: act.rank - mentions[act.id])


def _distinct(items: Iterable[F]) -> list[F]:
    """The first of each id, in order."""
    seen: dict[str, F] = {}
    for item in items:
        seen.setdefault(item.text if isinstance(item, Line) else item.id, item)
    return list(seen.values())


def _capped(acts: list[Act]) -> list[Act]:
    """The five first, those that must stay among them."""
    room = MOST_ACTS - sum(act.keep for act in acts)
    optional = [act for act in acts if not act.keep][:room]
    return [act for act in acts if act.keep or act in optional]


def _contacts(case: _Case) -> tuple[Contact, ...]:
    bodies = case.texts.pack(case.reader.country).bodies
    given = (_contact(case, body) for body in bodies if _offers(case, body))
    return tuple(contact for contact in given if contact is not None)[:MOST_CONTACTS]


def _offers(case: _Case, body: Body) -> bool:
    wanted = not body.any_of or bool(body.any_of & case.useful)
    return wanted and not body.quiet and (not body.roles or case.reader.role in body.roles)


def _contact(case: _Case, body: Body) -> Contact | None:
    number, address = body.phone_on(case.today), body.site
    if number is None and address is None:
        return None
    shown = [body.phone_status] * bool(number) + [body.url_status] * bool(address)
    return Contact(
        name=body.name,
        use_for=case.language.say("purposes", body.purpose),
        phone=number,
        url=address,
        status=FactStatus.V2 if FactStatus.V2 in shown else FactStatus.V,
        reviewed=body.reviewed,
    )


def _rights(case: _Case) -> tuple[Line, ...]:
    words = case.language.countries.get(case.texts.pack(case.reader.country).code)
    return case.lines(words.rights)[:MOST_RIGHTS] if words else ()


def _note(case: _Case, with_sheet: frozenset[DataType], general: Sheet) -> str:
    bare = case.useful - with_sheet - general.covers
    lines = [] if case.useful & ISSUED else _strange_numbers(case)
    if bare and personal(case.reader.role):
        names = ", ".join(case.language.data_types(bare, case.issuers))
        lines.append(
            case.language.say("note", "no-sheet", data_types=names, organisation=case.organisation)
        )
    return " ".join(lines)


def _strange_numbers(case: _Case) -> list[str]:
    issuers = sorted({case.issuers[kind] for kind in case.strange if kind in case.issuers})
    if issuers:
        return [numbers_of(case.language, issuer) for issuer in issuers]
    return [case.language.say("note", "unknown-issuer")] if case.strange else []


def numbers_of(language: Language, issuer: str) -> str:
    """The sentence that tells a reader whose numbers these are."""
    words = language.countries.get(issuer)
    if words and words.numbers:
        return words.numbers
    return language.say("note", "other-issuer", country=language.country_name(issuer))


def to_json(advice: Advice) -> dict[str, object]:
    """The advice as JSON values, in the shape of ``guidance --json``.

    ``note`` is there only when there is one.
    """
    found: dict[str, object] = {
        "acts": [_act_json(act) for act in advice.acts],
        "scams": [{"id": item.id, "name": item.name, "tell": item.tell} for item in advice.scams],
        "do_not": [line.text for line in advice.do_not],
        "contacts": [_contact_json(contact) for contact in advice.contacts],
        "rights": [
            {"text": line.text, "source": list(line.source), "status": line.status.value}
            for line in advice.rights
        ],
    }
    return {**found, "note": advice.note} if advice.note else found


def _act_json(act: Act) -> dict[str, object]:
    return {
        "id": act.id,
        "text": act.text,
        "reason": act.reason,
        "source": list(act.source),
        "status": act.status.value,
    }


def _contact_json(contact: Contact) -> dict[str, object]:
    reach = {"phone": contact.phone, "url": contact.url}
    return {
        "name": contact.name,
        "for": contact.use_for,
        **{key: value for key, value in reach.items() if value},
        "status": contact.status.value,
        "reviewed": contact.reviewed.isoformat() if contact.reviewed else None,
    }
