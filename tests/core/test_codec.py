"""Core values as JSON text: what is written comes back, and equal values are equal bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.core.codec import dumps, load, loads
from alertd.core.model import (
    Account,
    Citation,
    Corroboration,
    DataType,
    Facts,
    Incident,
    Mark,
    Organisation,
    People,
    Reading,
    Report,
    Severity,
    Speaker,
    Status,
    Tier,
)
from alertd.core.people import Answer, Criteria, Criterion, Field, Reason, Term

EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
text = st.text(st.characters(codec="utf-8"), max_size=12)
texts = st.lists(text, max_size=3).map(tuple)
moment = st.integers(0, 4 * 10**15).map(lambda n: EPOCH + timedelta(microseconds=n))
data_types = st.frozensets(st.sampled_from(DataType), max_size=4)
count = st.none() | st.integers(0, 10**12)
organisation = st.builds(Organisation, text, text, texts, texts)
organisations = st.lists(organisation, max_size=2).map(tuple)
people = st.none() | st.builds(People, count, count, text)
date = st.none() | st.sampled_from(["2020", "2020-04", "2020-04-30"])
issuers = st.dictionaries(st.sampled_from(DataType), text, max_size=3)
evidence = st.dictionaries(text, texts, max_size=3)
status = st.sampled_from(Status)
report = st.builds(
    Report,
    source=text,
    key=text,
    url=text,
    title=text,
    text=text,
    published=st.none() | moment,
    language=st.none() | text,
    organisations=texts,
    domain=st.none() | text,
    data_types=data_types,
    people=people,
    incident_date=date,
    status=st.none() | status,
    country=st.none() | text,
    tier=st.sampled_from(Tier),
    sensitive=st.booleans(),
)
facts = st.builds(
    Facts,
    organisations=organisations,
    via=organisations,
    data_types=data_types,
    not_exposed=data_types,
    issuers=issuers,
    people=people,
    status=status,
    speaker=st.sampled_from(Speaker),
    countries=st.frozensets(text, max_size=2),
    incident_date=date,
    cites=st.frozensets(text, max_size=2),
    evidence=evidence,
)
reading = st.builds(
    Reading,
    relevant=st.booleans(),
    confidence=st.floats(0, 1),
    language=text,
    incidents=st.lists(facts, max_size=2).map(tuple),
    mentioned=organisations,
    marks=st.frozensets(st.sampled_from(Mark), max_size=2),
)
account = st.builds(
    Account,
    report=st.integers(1),
    part=st.integers(0, 9),
    source=text,
    publisher=text,
    tier=st.sampled_from(Tier),
    url=text,
    title=text,
    published=moment,
    first_seen=moment,
    facts=facts,
    sensitive=st.booleans(),
)
citation = st.builds(Citation, text, moment, text, st.sampled_from(Speaker), status)
incident = st.builds(
    Incident,
    id=st.integers(-9, 9),
    revision=st.integers(1, 9),
    ref=text,
    organisations=organisations,
    via=organisations,
    data_types=data_types,
    not_exposed=data_types,
    issuers=issuers,
    people=people,
    status=status,
    corroboration=st.sampled_from(Corroboration),
    severity=st.sampled_from(Severity),
    countries=st.frozensets(text, max_size=2),
    incident_date=date,
    sensitive=st.booleans(),
    published=moment,
    first_seen=moment,
    title=text,
    citations=st.lists(citation, max_size=2).map(tuple),
    dissent=evidence,
    evidence=evidence,
)
criteria = st.builds(
    Criteria,
    organisations=texts,
    data_types=data_types,
    countries=st.frozensets(text, max_size=2),
    sectors=st.frozensets(text, max_size=2),
    keywords=texts,
    exclude=texts,
    min_people=st.integers(0),
    min_status=status,
    follow_suppliers=st.integers(0, 2),
)
term = st.builds(Term, st.sampled_from(Field), text, st.booleans())
reason = st.builds(
    Reason,
    criteria=st.lists(
        st.builds(
            Criterion,
            text,
            st.sampled_from(Answer),
            text,
            st.lists(term, max_size=2).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    organisation=st.none() | text,
    role=st.none() | text,
    possible=st.booleans(),
)


@pytest.mark.parametrize(
    "values", [report, facts, reading, account, incident, criteria, reason], ids=repr
)
def test_what_is_written_comes_back_and_is_written_the_same_again(
    values: st.SearchStrategy[object],
) -> None:
    @given(values)
    def comes_back(value: object) -> None:
        written = dumps(value)
        again = loads(type(value), written)
        assert again == value
        assert dumps(again) == written
        assert load(type(value), json.loads(written)) == value

    comes_back()


def reversed_mapping(found: Mapping[Any, Any]) -> dict[Any, Any]:
    return dict(reversed(list(found.items())))


@given(incident)
def test_equal_values_are_equal_bytes_whatever_the_order_they_were_made_in(
    value: Incident,
) -> None:
    other = replace(
        value,
        data_types=frozenset(sorted(value.data_types, reverse=True)),
        issuers=reversed_mapping(value.issuers),
        evidence=reversed_mapping(value.evidence),
        dissent=reversed_mapping(value.dissent),
    )
    assert other == value
    assert dumps(other) == dumps(value)


@given(report, report)
def test_different_values_are_different_bytes(one: Report, other: Report) -> None:
    assert (dumps(one) == dumps(other)) == (one == other)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (frozenset({DataType.PASSWORD, DataType.EMAIL}), '["email","password"]'),
        ({"b", "a"}, '["a","b"]'),
        ({DataType.EMAIL: Corroboration.C3}, '{"email":3}'),
        ((1, [None, True]), "[1,[null,true]]"),
        (datetime(2026, 6, 1, 12, tzinfo=UTC), '"2026-06-01T12:00:00+00:00"'),
        ("données", '"données"'),
        (People(1, None), '{"high":null,"low":1,"unit":"people"}'),
    ],
)
def test_values_are_written_as_the_plainest_json(value: object, written: str) -> None:
    assert dumps(value) == written


@pytest.mark.parametrize(
    "read",
    [
        lambda: loads(People, "{"),
        lambda: loads(People, '{"low":"many","high":1}'),
        lambda: loads(Criteria, '{"data_types":["no-such-kind"]}'),
        lambda: load(People, {"low": 1, "high": None, "unit": None}),
        lambda: loads(timedelta, '"soon"'),
    ],
)
def test_what_was_not_written_by_this_program_is_refused(read: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        read()
