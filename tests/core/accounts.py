"""Accounts for the tests of clustering and assembling: one line where only a field matters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from alertd.core.model import Account, DataType, Facts, Organisation, People, Speaker, Status, Tier
from alertd.core.names import fold

FIRST = datetime(2026, 5, 12, 9, tzinfo=UTC)


def organisation(name: str, *domains: str) -> Organisation:
    return Organisation(name, fold(name), (), domains)


def account(
    report: int,
    *names: str,
    day: float = 0,
    via: tuple[str, ...] = (),
    types: tuple[DataType, ...] = (),
    denied: tuple[DataType, ...] = (),
    people: int | None = None,
    status: Status = Status.CONFIRMED,
    speaker: Speaker = Speaker.REPORTER,
    tier: Tier = Tier.PRESS,
    publisher: str = "",
    url: str = "",
    title: str = "",
    issuers: Mapping[DataType, str] | None = None,
    cites: frozenset[str] = frozenset(),
    evidence: Mapping[str, tuple[str, ...]] | None = None,
    incident_date: str | None = None,
) -> Account:
    published = FIRST + timedelta(days=day)
    name = publisher or f"publisher {report}"
    return Account(
        report=report,
        part=0,
        source=name,
        publisher=name,
        tier=tier,
        url=url or f"https://news.example/{report}",
        title=title,
        published=published,
        first_seen=published,
        facts=Facts(
            organisations=tuple(map(organisation, names)),
            via=tuple(map(organisation, via)),
            data_types=frozenset(types),
            not_exposed=frozenset(denied),
            people=People(people, people) if people else None,
            status=status,
            speaker=speaker,
            issuers=issuers or {},
            cites=cites,
            evidence=evidence or {},
            incident_date=incident_date,
        ),
    )


claimed = partial(account, status=Status.CLAIMED, speaker=Speaker.CRIMINALS)
own = partial(account, speaker=Speaker.ORGANISATION)
denial = partial(account, status=Status.DISPUTED, speaker=Speaker.ORGANISATION)
retraction = partial(account, status=Status.WITHDRAWN, speaker=Speaker.ORGANISATION)
