"""An account as comparing needs it: its names, dates, link, words and look-up keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from alertd.core.model import Account, Facts
from alertd.core.spellings import Spellings, heads, spellings, squash

_SLUG_WORDS: Final = 4
_PATH: Final = re.compile(r"(?<!/)/(?!/)([^#]+)$")
_LONG_NUMBER: Final = re.compile(r"\d{5}|(?:^|[/=])\d+$")
_EXTENSION: Final = re.compile(r"\.[a-z]{2,5}$")
_WORDS: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Card:
    """What comparing needs of an account, worked out once.

    ``when`` holds the first and the last day on which the event may have been; ``link`` is the
    address, if it is one of this event and not of a whole list; ``posted`` says that the date
    of the event is the day of publication, as where a list knows no other.
    """

    keys: frozenset[str]
    names: Spellings
    own: frozenset[str]
    domains: frozenset[str]
    via: frozenset[str]
    when: tuple[date, date] | None
    posted: bool
    published: date
    link: str
    named: frozenset[str]
    not_own: frozenset[str]
    numbers: frozenset[str]
    wording: frozenset[str]
    account: Account


def keys(facts: Facts, url: str) -> frozenset[str]:
    """Look-up keys: equal names, domains, heads of names, links; a key is never a scan."""
    names = spellings(facts.organisations, facts.words)
    return _keys(names, facts, _telling_link(url, facts))


def _keys(names: Spellings, facts: Facts, link: str) -> frozenset[str]:
    found = {f"url:{link}"} if link else set()
    found.update(f"dom:{host}" for item in facts.organisations for host in item.domains)
    found.update(f"org:{form}" for form in names.named)
    found.update(f"sq:{form}" for form in (*names.squashed, *names.other, *names.initials))
    found.update(f"head:{head}" for form in names.named for head in heads(form))
    return frozenset(found)


def card(account: Account) -> Card:
    """What comparing needs of an account."""
    facts = account.facts
    when, published = _span(facts.incident_date), account.published.date()
    numbers = frozenset(word for word in facts.words if word.isdigit())
    wording = frozenset(word for word in facts.words if word[0] == "#")
    names, link = spellings(facts.organisations, facts.words), _telling_link(account.url, facts)
    return Card(
        keys=_keys(names, facts, link),
        names=names,
        own=frozenset(item.key for item in facts.organisations),
        domains=frozenset(host for item in facts.organisations for host in item.domains),
        via=frozenset(item.key for item in facts.via),
        when=when,
        posted=facts.incident_date == published.isoformat(),
        published=published,
        link=link,
        named=frozenset(squash(word.lstrip("=!")) for word in facts.words - numbers - wording),
        not_own=frozenset(squash(word[1:]) for word in facts.words if word[0] == "!"),
        numbers=numbers,
        wording=wording,
        account=account,
    )


def _telling_link(url: str, facts: Facts) -> str:
    """An address that is of one event: with a number, a long slug or the organisation's name."""
    path = _PATH.search(url)
    if path is None:
        return ""
    last = _EXTENSION.sub("", path[1].rstrip("/"))
    slug = _WORDS.findall(last.rsplit("/", 1)[-1].lower())
    if len(slug) >= _SLUG_WORDS or _LONG_NUMBER.search(last):
        return url
    squashed = "".join(slug)
    own = (head for item in facts.organisations for head in heads(item.key))
    return url if any(squash(head) in squashed for head in own) else ""


@lru_cache(maxsize=2048)
def _span(value: str | None) -> tuple[date, date] | None:
    """First and last day of a date that may be a day, a month or a year.

    Lists that know only the month write its first day, which therefore stands for the month.
    """
    parts = [int(part) for part in value.split("-")] if value else []
    if not parts:
        return None
    if parts[2:] == [1]:
        parts = parts[:2]
    first = date(*[*parts, 1, 1][:3])
    last = {
        1: date(parts[0], 12, 31),
        2: (date(first.year, first.month, 28) + timedelta(days=4)).replace(day=1)
        - timedelta(days=1),
    }.get(len(parts), first)
    return first, last
