"""Other forms of an organisation's name that its text ties to it: "Foo Bar Health (FBH)"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from alertd.core.model import Organisation
from alertd.core.names import domains, fold, listed
from alertd.core.understand.features import Candidate
from alertd.core.understand.text import Doc

_BRACKETED: Final = re.compile(
    r"[’']?s?\s?\(\s?[\"“'‘]?([A-ZÀ-Þ][\w&.-]{1,11})[\"”'’]?\s?\)", re.UNICODE
)
_LINKS: Final = listed("of and the for de des du la le les et d l und der di del y van")
_SHORTEST: Final = 2
_LONGEST: Final = 8
_ENDING: Final = 12


def with_forms(organisation: Organisation, doc: Doc, found: Sequence[Candidate]) -> Organisation:
    """The organisation with the initials and the web site that the text gives it."""
    forms = dict.fromkeys((*organisation.aliases, *_initials_of(organisation, doc, found)))
    hosts = dict.fromkeys((*organisation.domains, *_hosts_of(organisation, doc)))
    if len(forms) == len(organisation.aliases) and len(hosts) == len(organisation.domains):
        return organisation
    return replace(organisation, aliases=tuple(forms), domains=tuple(hosts))


def _initials_of(organisation: Organisation, doc: Doc, found: Sequence[Candidate]) -> Iterator[str]:
    """The name's initials in brackets behind it, or the name before brackets that hold it."""
    if "(" not in doc.raw:
        return
    for item in found:
        own = item.key == organisation.key
        for _, end in item.places:
            short = _BRACKETED.match(doc.raw, doc.spans[end - 1][1])
            if short is None or not is_short_for(short[1], item.name):
                continue
            if own:
                yield fold(short[1])
            elif fold(short[1]) == organisation.key:
                yield item.key


def is_short_for(short: str, name: str) -> bool:
    """Whether letters are the initials of a name, its small words counted or not."""
    letters = "".join(char for char in short.casefold() if char.isalpha())
    words = re.findall(r"[^\W_]+", name.casefold())
    if not _SHORTEST <= len(letters) <= _LONGEST or len(words) < _SHORTEST:
        return False
    every = "".join(word[0] for word in words)
    telling = "".join(word[0] for word in words if word not in _LINKS)
    return letters in {every, telling}


def _hosts_of(organisation: Organisation, doc: Doc) -> Iterator[str]:
    """Hosts in the text whose name is the organisation's, written as one word."""
    squashed = organisation.key.replace(" ", "")
    place = doc.folded.find(f"{squashed}.") if len(squashed) > _SHORTEST else -1
    if place >= 0:
        around = doc.raw[max(0, place - 1) : place + len(squashed) + _ENDING].strip("@/ ")
        yield from (host for host in domains(around) if host.split(".")[0] == squashed)
