"""Several victims in one text: a supplier and its clients, a list of names, a parent, an aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from alertd.core.model import Organisation
from alertd.core.names import fold, listed
from alertd.core.understand.features import Candidate
from alertd.core.understand.parties import Parties
from alertd.core.understand.sections import (
    Part,
    Section,
    is_bystander,
    is_same,
    named,
    party,
    within,
)
from alertd.core.understand.suppliers import is_part, suppliers
from alertd.core.understand.text import Doc

_JOINTS: Final = listed("and et y e und en ainsi sowie nonche plus")
_ARTICLES: Final = listed("the la le les l el los las der die das il lo gli i de het")
_OF: Final = listed("of for de des du d' der für di della van voor")
_SEVERAL: Final = 2
_LIST: Final = 3
_NAME_WORD: Final = 4
_NEAR: Final = 8
_VERB_REACH: Final = 5


def clients_of_one(
    doc: Doc, found: Sequence[Candidate], who: Parties, led: Sequence[Section]
) -> tuple[Part, ...]:
    """A part for each client that leads its own sentences about one supplier.

    A single client is no chain unless the title is on the supplier itself.
    """
    supplier = next(iter(suppliers(doc, found)), None) if led else None
    if supplier is None:
        return ()
    parent = _whole(found, supplier)
    clients = _led(doc, led, parent)
    if clients and _is_subject(doc, found, parent):
        return _on_supplier(doc, found, who, parent, clients)
    return tuple(_clients(doc, who, parent, clients)) if len(clients) >= _SEVERAL else ()


def _whole(found: Sequence[Candidate], short: str) -> Organisation:
    """A supplier under the longest name that begins with the words of the one read."""
    key = fold(short)
    longer = [item for item in found if item.key.startswith(f"{key} ") and _begins(item, key)]
    best = max(longer, key=lambda item: (item.score, item.key), default=None)
    return named(best) if best else Organisation(short, key)


def _begins(item: Candidate, key: str) -> bool:
    """Whether a longer name is the same one: no "and" between, at most two words more."""
    rest = item.name.split()[len(key.split()) :]
    return len(rest) <= _SEVERAL and not any(word[:1].islower() or word == "&" for word in rest)


def _is_subject(doc: Doc, found: Sequence[Candidate], supplier: Organisation) -> bool:
    """Whether the title begins with the supplier and tells of a breach."""
    told = any(
        tag.start < doc.title_tokens
        for cue in ("breach", "act", "suffer")
        for tag in doc.values(cue)
    )
    return told and any(
        item.key == supplier.key and place[0] <= 1 and place[1] < doc.title_tokens
        for item in found
        for place in item.places[:1]
    )


def supplier_with_clients(doc: Doc, found: Sequence[Candidate], who: Parties) -> tuple[Part, ...]:
    """The parts of a text on a supplier that lists which of its clients were hit."""
    subject = who.organisations[0] if who.organisations else None
    clients = _listed(doc, found) if subject else {}
    return _on_supplier(doc, found, who, subject, clients) if subject and clients else ()


def _on_supplier(
    doc: Doc,
    found: Sequence[Candidate],
    who: Parties,
    supplier: Organisation,
    clients: Mapping[str, Section],
) -> tuple[Part, ...]:
    others = {key: one for key, one in clients.items() if not is_part(key, [supplier.name])}
    if not others:
        return ()
    places = [place for item in found if item.key == supplier.key for place in item.places]
    own = party(doc, who, supplier, (), places)
    return (Part(own, 0, len(doc.stems)), *_clients(doc, who, supplier, others))


def _clients(
    doc: Doc, who: Parties, supplier: Organisation, clients: Mapping[str, Section]
) -> Iterator[Part]:
    """A part a client: its own section if the sections tell what leaked, else the whole text."""
    kinds = [tag.start for tag in doc.tags if tag.kind == "types"]
    ranges = {(one.first, one.last) for one in clients.values()}
    apart = len(ranges) == len(clients) and any(
        one.first <= kind < one.last for one in clients.values() for kind in kinds
    )
    for one in clients.values():
        first, last = (one.first, one.last) if apart else (0, len(doc.stems))
        mine = party(doc, who, named(one.leader), (supplier,), [one.place])
        yield Part(mine, first, last)


def _led(doc: Doc, led: Sequence[Section], supplier: Organisation) -> dict[str, Section]:
    """Clients that lead a section which says they were hit, in order."""
    clients: dict[str, Section] = {}
    first_word = supplier.key.split()[0]
    for one in led:
        if is_part(one.leader.name, [supplier.name]) or _spared(doc, one):
            continue
        tied = first_word in doc.words[one.first : one.last] and len(first_word) >= _NAME_WORD
        if tied and not any(is_same(one.leader.name, name) for name in clients):
            clients[one.leader.key] = one
    return clients


def _spared(doc: Doc, one: Section) -> bool:
    """Whether a client only checks, or says that it was not hit."""
    end = one.place[1]
    sentence = doc.sentence_at(end - 1)[1]
    return any(end <= tag.start < min(sentence, end + _NEAR) for tag in doc.values("spared"))


def _listed(doc: Doc, found: Sequence[Candidate]) -> dict[str, Section]:
    """Clients in a list behind "customers including" or "affected are"."""
    clients: dict[str, Section] = {}
    for tag in doc.values("clients_are"):
        if tag.start < doc.title_tokens:
            continue
        first, last = doc.sentence_at(tag.start)
        for item, place in _run(doc, found, tag.end, last):
            clients.setdefault(item.key, Section(item, place, first, last))
    return clients


def _run(
    doc: Doc, found: Sequence[Candidate], start: int, last: int
) -> Iterator[tuple[Candidate, tuple[int, int]]]:
    """Names in a row from a token on, joined by commas and "and"."""
    starts: dict[int, list[tuple[int, Candidate]]] = {}
    for item in found:
        if not is_bystander(item):
            for place in item.places:
                starts.setdefault(place[0], []).append((place[1], item))
    at = _name_from(doc, start, last, starts)
    while at is not None:
        here = [(end, item) for end, item in starts[at] if end <= last]
        if not here:
            return
        end, item = _cut(doc, here, starts)
        yield item, (at, end)
        if end >= last or not (_comma(doc, end) or doc.words[end] in _JOINTS):
            return
        at = _name_from(doc, end, last, starts)


def _name_from(
    doc: Doc, at: int, last: int, starts: Mapping[int, Sequence[tuple[int, Candidate]]]
) -> int | None:
    """Where the next name begins, past "and" and articles alone."""
    while at < last and at not in starts:
        if doc.words[at] not in _JOINTS | _ARTICLES:
            return None
        at += 1
    return at if at < last else None


def _comma(doc: Doc, index: int) -> bool:
    return index < len(doc.words) and doc.gap(index).strip()[:1] in {",", ";"}


def _linked(doc: Doc, index: int) -> bool:
    """Whether a comma or "and" stands at the border between two tokens."""
    beside = doc.words[max(0, index - 1) : index + 1]
    return _comma(doc, index) or not _JOINTS.isdisjoint(beside)


def _cut(
    doc: Doc,
    here: Sequence[tuple[int, Candidate]],
    starts: Mapping[int, Sequence[tuple[int, Candidate]]],
) -> tuple[int, Candidate]:
    """The longest name without "and", unless nothing that is a name follows the "and"."""
    plain = [
        (end, item)
        for end, item in here
        if end < len(doc.words)
        and ((doc.words[end] in _JOINTS and end + 1 in starts) or _comma(doc, end))
    ]
    return max(plain or here, key=lambda pair: (pair[0], pair[1].key))


def joined(doc: Doc, found: Sequence[Candidate], who: Parties) -> tuple[Organisation, ...]:
    """All of a list of three or more names that were hit together, the victim among them."""
    first = who.organisations[0] if len(who.organisations) == 1 else None
    leader = next((item for item in found if first and item.key == first.key), None)
    if first is None or leader is None:
        return ()
    verbs = {tag.start for cue in ("suffer", "reports") for tag in doc.values(cue)}
    ends = {tag.end for tag in doc.values("at")}
    for place in leader.places:
        if not (_linked(doc, place[0]) or _linked(doc, place[1])):
            continue
        run = _around(doc, found, place)
        end = run[-1][1][1] if run else 0
        told = any(at in verbs for at in range(end, end + _VERB_REACH))
        if len(run) >= _LIST and (told or run[0][1][0] in ends) and not _one_name(run):
            return tuple({item.key: named(item) for item, _ in run}.values())
    return ()


def _one_name(run: Sequence[tuple[Candidate, tuple[int, int]]]) -> bool:
    """Whether a list is the rest of one name: "Ministry of Agriculture, Forestry and Fisheries"."""
    first, *others = (item.name.split() for item, _ in run)
    return not _OF.isdisjoint(first) and all(len(words) == 1 for words in others)


def _around(
    doc: Doc, found: Sequence[Candidate], place: tuple[int, int]
) -> list[tuple[Candidate, tuple[int, int]]]:
    """The list of names that holds a place."""
    first, last = doc.sentence_at(place[0])
    heads = {at for item in found for at, _ in item.places if first <= at <= place[0]}
    for head in sorted(heads):
        run = list(_run(doc, found, head, last))
        if len(run) >= _LIST and run[-1][1][1] >= place[1]:
            return run
    return []


def with_parent(doc: Doc, found: Sequence[Candidate], who: Parties) -> Parties:
    """The victim with the parent company in whose systems the data is said to have been taken."""
    ends = {tag.end for tag in doc.values("parent_named")}
    if not ends or len(who.organisations) != 1:
        return who
    for item in found:
        for start, end in item.places:
            if start not in ends or is_bystander(item):
                continue
            first, last = doc.sentence_at(start)
            taken = any(first <= tag.start < last for tag in doc.values("taken_from"))
            if taken and not is_part(item.name, [who.organisations[0].name]):
                return _both(doc, who, item, (start, end))
    return who


def _both(doc: Doc, who: Parties, parent: Candidate, place: tuple[int, int]) -> Parties:
    said = {**who.evidence}
    said["organisations"] = (*said.get("organisations", ()), doc.clause(*place))
    via = tuple(item for item in who.via if item.key != parent.key)
    return replace(who, organisations=(*who.organisations, named(parent)), via=via, evidence=said)


def aside(doc: Doc, found: Sequence[Candidate], who: Parties) -> Part | None:
    """Another claim that the same criminals make in passing, with a figure of its own."""
    for tag in doc.values("same_seller"):
        first, last = doc.sentence_at(tag.start)
        if first < doc.title_tokens or not any(map(str.isdigit, doc.words[first:last])):
            continue
        names = [
            item
            for item in within(found, first, last)
            if not is_bystander(item)
            and not item.features.get("sentence_word")
            and not is_part(item.name, [one.name for one in who.organisations])
        ]
        if names:
            best = max(names, key=lambda item: (item.score, item.key))
            return Part(party(doc, who, named(best), (), best.places), first, last)
    return None
