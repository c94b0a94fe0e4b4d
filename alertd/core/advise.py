"""What a reader is told to do: sheets chosen and ranked by data type, issuer and country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from alertd.core.case import Case, F
from alertd.core.model import ISSUED, DataType
from alertd.core.people import Reader, Role
from alertd.core.texts import (
    GENERIC,
    Act,
    Body,
    FactStatus,
    Language,
    Line,
    Scam,
    Sheet,
    Texts,
)

MOST_ACTS: Final = 5
MOST_SCAMS: Final = 3
MOST_LINES: Final = 3
MOST_CONTACTS: Final = 3
MOST_RIGHTS: Final = 2

CONTACT: Final = "contact"
"""The sheet that name, email, phone, address and birth date share; a country's adds to it."""


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
    case = Case(
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
    general = _general(case)
    every = [*sheets.values(), *general]
    return Advice(
        acts=_acts(case, list(sheets.values()), general),
        scams=tuple(_distinct(case.keep(item for sheet in every for item in sheet.scams)))[
            :MOST_SCAMS
        ],
        do_not=case.lines(item for sheet in every for item in sheet.do_not)[:MOST_LINES],
        contacts=_contacts(case),
        rights=_rights(case),
        # Who answers for other people's data acts whoever's numbers they are.
        note=_note(case, frozenset(sheets), general) if personal(reader.role) else "",
    )


def _agree(kind: DataType, issuers: Mapping[DataType, str], reader: Reader) -> bool:
    return reader.country is not None and issuers.get(kind) == reader.country


def _sheets(case: Case) -> dict[DataType, Sheet]:
    """The sheet of each useful type: the reader's country's own, else the general one."""
    known = case.language.sheets
    found = {
        kind: known.get((kind.value, case.reader.country or ""), known.get((kind.value, "")))
        for kind in sorted(case.useful)
    }
    return {kind: sheet for kind, sheet in found.items() if sheet is not None}


def _general(case: Case) -> list[Sheet]:
    """What holds whatever leaked; before it what holds for contact data, where that leaked."""
    known = case.language.sheets
    shared = known.get((CONTACT, ""), Sheet(compiled=case.today))
    if not shared.covers & case.useful:
        return [known[GENERIC, ""]]
    own = known.get((CONTACT, case.reader.country or GENERIC), Sheet(compiled=case.today))
    both = replace(
        shared,
        acts=own.acts + shared.acts,
        scams=own.scams + shared.scams,
        do_not=own.do_not + shared.do_not,
    )
    return [both, known[GENERIC, ""]]


def _acts(case: Case, sheets: list[Sheet], general: list[Sheet]) -> tuple[Act, ...]:
    role = None if personal(case.reader.role) else case.language.roles.get(Role.PRIVACY)
    if role is not None:
        chosen = case.keep(role.acts)[:MOST_ACTS]
    else:
        chosen = _capped(_merged(_offered(case, sheets, general)))
    return tuple(
        replace(act, text=case.fill(act.text), reason=case.fill(act.reason)) for act in chosen
    )


def _offered(case: Case, sheets: list[Sheet], general: list[Sheet]) -> list[list[Act]]:
    """The acts of each sheet that hold here; vigilance alone where no number is the reader's."""
    only_vigilance = bool(case.strange) and not sheets
    of_all = ((act for act in sheet.acts if not (act.last and sheets)) for sheet in general)
    kept = ((act for act in acts if act.vigilance or not only_vigilance) for acts in of_all)
    return [case.keep(acts) for acts in (*(sheet.acts for sheet in sheets), *kept)]


def _merged(offered: Sequence[Sequence[Act]]) -> list[Act]:
    """Each act once, in its best wording; one that several sheets name moves up."""
    mentions = Counter(name for acts in offered for name in {act.id for act in acts})
    every = sorted((act for acts in offered for act in acts), key=lambda act: act.rank)
    return sorted(_distinct(every), key=lambda act: act.rank - mentions[act.id])


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


def _contacts(case: Case) -> tuple[Contact, ...]:
    bodies = case.texts.pack(case.reader.country).bodies
    given = (_contact(case, body) for body in bodies if _offers(case, body))
    return tuple(contact for contact in given if contact is not None)[:MOST_CONTACTS]


def _offers(case: Case, body: Body) -> bool:
    wanted = not body.any_of or bool(body.any_of & case.useful)
    return wanted and not body.quiet and (not body.roles or case.reader.role in body.roles)


def _contact(case: Case, body: Body) -> Contact | None:
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


def _rights(case: Case) -> tuple[Line, ...]:
    words = case.language.countries.get(case.texts.pack(case.reader.country).code)
    return case.lines(words.rights)[:MOST_RIGHTS] if words else ()


def _note(case: Case, with_sheet: frozenset[DataType], general: list[Sheet]) -> str:
    covered = with_sheet.union(*(sheet.covers for sheet in general))
    bare = case.useful - covered
    # Beside advice on other data, "there is nothing to do" must name what it speaks of.
    beside = bool(with_sheet or case.useful & ISSUED)
    lines = _not_yours(case) if beside else _strange_numbers(case)
    if bare:
        names = ", ".join(case.language.data_types(bare, case.issuers))
        lines.append(
            case.language.say("note", "no-sheet", data_types=names, organisation=case.organisation)
        )
    return " ".join(lines)


def _not_yours(case: Case) -> list[str]:
    names = ", ".join(case.language.data_types(case.strange, case.issuers))
    return [case.language.say("note", "not-yours", data_types=names)] if names else []


def _strange_numbers(case: Case) -> list[str]:
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
