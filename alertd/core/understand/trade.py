"""What a firm does, told apart from what was exposed: "a payment card processor"."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from alertd.core.names import listed
from alertd.core.understand.text import Doc, Tag

_REACH: Final = 3
_HEAD_REACH: Final = 4
_ARTICLES: Final = listed(
    "a an the its their our this another l le la un une el una il lo der die das ein eine"
    " dem den het een"
)
_TIES: Final = listed("of for in de d des du en pour di del della per con von fur voor van")
_ON_EVERYBODY: Final = listed("name email phone postal-address date-of-birth contact-details")
_KEYS: Final = listed("password credentials-other password+credentials-other")
_TOLD: Final = listed("befell exposure containing")
_FAR: Final = 5
_FIELDS: Final = listed("nom noms name names nombre nome naam namen nummer numero numeros")


def trades(doc: Doc, named: Sequence[Tag], cues: Sequence[Tag]) -> set[Tag]:
    """Those kinds of data of a sentence that say what somebody's business is.

    The noun for the business stands behind them ("health insurance provider"), before them
    ("opérateur de tiers payant"), or they are that noun themselves ("Krankenkasse Nordheil").
    """
    nouns = [tag for tag in cues if tag.value == "trade"]
    if not nouns:
        return set()
    begins = {tag.start for tag in nouns}
    found = {tag for tag in named if _modifies(doc, tag, begins) or _follows(doc, tag, nouns)}
    insurers = {
        tag for tag in named if any(_inside(noun, tag) for noun in nouns) and _titles(doc, tag)
    }
    return found | insurers


def asides(named: Sequence[Tag], cues: Sequence[Tag]) -> set[Tag]:
    """Those kinds of data of a sentence that are neither exposed in it nor denied.

    The keys with which somebody came in ("used stolen passwords to copy names"), what a service
    is for ("used to apply for passports"), what nobody knows yet ("unclear whether passwords
    were taken"), and what stands before "suffered a breach".
    """
    found: set[Tag] = set()
    for cue in cues:
        match cue.value:
            case "vector":
                found |= {tag for tag in _listed(cue, named, cues, _FAR) if tag.value in _KEYS}
            case "purpose":
                found |= _listed(cue, named, cues, _REACH)
            case "unclear":
                found |= _listed(cue, named, cues, _FAR)
    return found | _described(named, cues)


def _listed(cue: Tag, named: Sequence[Tag], cues: Sequence[Tag], reach: int) -> set[Tag]:
    """The list of kinds of data that follows a cue, up to the next verb."""
    found: set[Tag] = set()
    last = cue.end
    for tag in named:
        told = any(item.value in _TOLD and last <= item.start < tag.start for item in cues)
        if tag.start < cue.start or (found and told):
            continue
        if tag.start - last > reach:
            break
        found.add(tag)
        last = tag.end
    return found


def _described(named: Sequence[Tag], cues: Sequence[Tag]) -> set[Tag]:
    """What stands before "suffered a breach", unless an exposure was told before it."""
    told = next((tag for tag in cues if tag.value in _TOLD), None)
    if told is None or told.value != "befell":
        return set()
    return {tag for tag in named if tag.end <= told.start}


def _inside(noun: Tag, tag: Tag) -> bool:
    return tag.start <= noun.start and noun.end <= tag.end


def _modifies(doc: Doc, tag: Tag, begins: AbstractSet[int]) -> bool:
    """Whether a business is named behind, and somebody has an article or a name beside it."""
    noun = next((index for index in (tag.end, tag.end + 1) if index in begins), None)
    if noun is None or any(doc.gap(index) not in {" ", "-"} for index in range(tag.end, noun + 1)):
        return False
    if noun > tag.end and doc.words[tag.end] in _ARTICLES | _TIES:
        return False
    return _capital(doc, noun + 1) or _articled(doc, tag) or tag.start == 0


def _articled(doc: Doc, tag: Tag) -> bool:
    """Whether an article stands before, with at most two words of the same phrase between."""
    for index in range(tag.start, max(0, tag.start - _REACH), -1):
        if doc.gap(index) not in {" ", "-"}:
            return False
        if doc.words[index - 1] in _ARTICLES:
            return True
    return False


def _follows(doc: Doc, tag: Tag, nouns: Sequence[Tag]) -> bool:
    """Whether a business is named before, tied by "of", and is nobody's listed field."""
    if tag.value in _ON_EVERYBODY:
        return False
    for noun in nouns:
        between = range(noun.end, tag.start)
        if not 0 < len(between) <= _HEAD_REACH:
            continue
        tied = not _TIES.isdisjoint(doc.words[index] for index in between)
        plain = all(doc.gap(index).strip("dD'’ \u00a0-") == "" for index in (*between, tag.start))
        if tied and plain and not _is_field(doc, noun):
            return True
    return False


def _is_field(doc: Doc, noun: Tag) -> bool:
    """Whether the business is itself a field of the list: "le nom de l'organisme"."""
    before = doc.words[max(0, noun.start - _REACH) : noun.start]
    return not _FIELDS.isdisjoint(before)


def _titles(doc: Doc, tag: Tag) -> bool:
    """Whether a name follows directly, so that the words are its title."""
    return _capital(doc, tag.end) and not _is_field(doc, tag)


def _capital(doc: Doc, index: int) -> bool:
    if index >= len(doc.spans) or doc.gap(index) not in {" ", "\u00a0"}:
        return False
    start, end = doc.spans[index]
    return doc.raw[start].isupper() and end - start > 1
