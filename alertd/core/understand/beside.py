"""What stands beside a name: an owner, a tie to a client, an office, a word for a helper."""

from __future__ import annotations

from typing import Final

from alertd.core.names import listed
from alertd.core.understand.text import Doc

_NOUN_REACH: Final = 4
_OWNER_REACH: Final = 5
_HELPER_REACH: Final = 6
_OFFICE_REACH: Final = 5
_CLAUSE_REACH: Final = 9
OWNERS: Final = listed(
    "our its their his her your s notre nos son sa ses leur leurs votre vos su sus nuestro nuestra"
    " nuestros unser unsere unserem unseren unserer sein seine seinem seinen seiner ihr ihre ihrem"
    " ihren ihrer suo sua suoi loro nostro nostra onze ons zijn haar hun"
)
TO_CLIENTS: Final = listed(
    "of for to by with and or at de du des d pour chez et a au aux del para con y en von fur der"
    " bei und di dei della dello per da e van voor aan bij met om that which who is was has said"
)
_TIES: Final = TO_CLIENTS - listed("and et y e und is was said has")
_SERVICES: Final = listed(
    "accounts akte anwendung aplicacion app applicatie application applicazione archivio"
    " archivo base bestand biglietteria billetterie booking boutique crm data database datei"
    " daten datenbank dati dato dienst donnee dossier espace fichero fichier file files"
    " gegevens helpdesk herramienta logiciel lohnabrechnung mailing negozio newsletter"
    " nieuwsbrief nomina outil paghe paie payroll piattaforma plataforma plateforme platform"
    " plattform portaal portail portal portale programa programma recibo records"
    " salarisadministratie server serveur service servicio servidor servizio shop sistema site"
    " sito software strumento systeem system systeme ticketing ticketsysteem ticketsystem"
    " tienda tool web webseite webshop website werkzeug"
)


def is_person(doc: Doc, start: int, end: int) -> bool:
    """Whether a title or an office stands beside a name."""
    comma = end < len(doc.words) and doc.gap(end).strip()[:1] == ","
    return any(
        start in {tag.start, tag.end} or (comma and end <= tag.start < end + _OFFICE_REACH)
        for tag in doc.values("person")
    )


def is_own_thing(doc: Doc, start: int) -> bool:
    """Whether a name is that of somebody's own software: "its system Acme"."""
    return start > 0 and doc.stems[start - 1] in _SERVICES and is_owned(doc, start - 1)


def only_helps(doc: Doc, start: int, end: int) -> bool:
    """Whether words beside a name say that it only investigates, insures, advises or answers."""
    first, last = doc.sentence_at(start)
    if any(first <= tag.start < last for tag in doc.values("no_tie")):
        return True
    return any(
        max(first, start - _HELPER_REACH) <= tag.start
        and tag.start < min(last, end + _NOUN_REACH)
        and (tag.end <= start or opens_apposition(doc.gap(end) if end < len(doc.words) else ""))
        for tag in doc.values("helper")
    )


def is_patched(doc: Doc, start: int) -> bool:
    """Whether the sentence tells of a flaw in software: its maker supplied nothing."""
    first, last = doc.sentence_at(start)
    flaws = any(first <= tag.start < last for tag in doc.values("flaw"))
    return flaws and not any(first <= tag.start < last for tag in doc.values("supplied"))


def is_owned(doc: Doc, noun: int) -> bool:
    """Whether an owner stands before a noun, in the same phrase."""
    for index in range(noun - 1, max(-1, noun - 1 - _OWNER_REACH), -1):
        if doc.words[index] in OWNERS:
            return True
        if not is_small(doc, index, index + 1) or doc.gap(index + 1).strip(" -\u00a0'’"):
            return False
    return False


def is_tied(doc: Doc, end: int) -> bool:
    """Whether what follows a noun ties it to a client: "of", "for", "behind", "used by"."""
    return end < len(doc.words) and (
        doc.words[end] in _TIES or any(tag.start == end for tag in doc.values("ties"))
    )


def is_about_service(doc: Doc, end: int) -> bool:
    """Whether the words before a place speak of a system, a service or its data."""
    return not _SERVICES.isdisjoint(doc.stems[max(0, end - _CLAUSE_REACH) : end])


def is_after_event(doc: Doc, end: int) -> bool:
    """Whether the words before a place, in its sentence, tell of a breach or of a loss."""
    first = max(doc.sentence_at(end - 1)[0], end - _CLAUSE_REACH)
    return any(
        first <= tag.start < end for cue in ("breach", "act", "exposure") for tag in doc.values(cue)
    )


def is_small(doc: Doc, first: int, last: int) -> bool:
    """Whether no word of a range has a capital, which would be another name."""
    return not any(doc.raw[doc.spans[index][0]].isupper() for index in range(first, last))


def opens_apposition(gap: str) -> bool:
    """Whether an apposition may begin here: after a comma, a bracket or a dash."""
    return gap.strip()[:1] in {",", "(", "–", "—", "-"} and bool(gap.strip())


def is_place_of(doc: Doc, end: int) -> bool:
    """Whether a name is a place: "Zell, Ohio-based Acme"."""
    return doc.words[end + 1 : end + 2] == ("based",) and "," in doc.gap(end)
