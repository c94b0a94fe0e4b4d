"""Numbers, dates, addresses, footers, hostile names; digests and notices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.core.markup import to_html, to_text
from alertd.core.message import Heading, Link, Paragraph
from alertd.core.model import (
    Corroboration,
    DataType,
    Organisation,
    People,
    Status,
)
from alertd.core.people import Alert, Kind, Matched, Reason, Role
from alertd.core.release import Bundle
from alertd.core.render import digest, notice, render
from alertd.texts import load
from tests.core.cases import (
    CLAIMED,
    CONFIRMED,
    ELSEWHERE,
    EN_READER,
    GOLDEN,
    LATER,
    PATIENT,
    REPORTED,
    US_READER,
    alert,
    cited,
    english,
    flat,
    message,
)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (People(5, 5), "It concerns 5 people."),
        (People(5, None, "patients"), "It concerns at least 5 patients."),
        (People(None, 33_000_000), "It concerns up to 33,000,000 people."),
        (People(2, 9, "widgets"), "It concerns 2 to 9 entries."),
    ],
)
def test_how_many_is_said_with_its_bounds_and_unit(people: People, words: str) -> None:
    assert words in flat(to_text(english(replace(REPORTED, people=people))))


def test_nobody_knows_how_many_when_both_bounds_are_missing() -> None:
    body = to_text(english(replace(REPORTED, people=People(None, None))))
    assert "- how many people are concerned" in body


@pytest.mark.parametrize(
    ("date", "words"),
    [("2026", "2026."), ("2026-05", "May 2026."), ("2026-05-03", "3 May 2026."), ("?", "?.")],
)
def test_a_date_is_said_as_far_as_it_is_known(date: str, words: str) -> None:
    assert f"Date of the breach: {words}" in flat(
        to_text(english(replace(REPORTED, incident_date=date)))
    )


def test_days_are_those_of_the_readers_time_zone() -> None:
    night = datetime(2026, 5, 31, 23, 0, tzinfo=UTC)
    incident = replace(CLAIMED, published=night)
    assert render(alert(incident), load()).subject.endswith("1er juin 2026")
    assert english(incident, reader=US_READER).subject.endswith("31 May 2026")


def test_without_a_page_the_source_stands_defanged() -> None:
    host = "https://user@nachrichten.bücher.example:8443/a?id=1"
    incident = replace(REPORTED, citations=(cited("Blatt", host),))
    body = to_text(english(incident))
    assert "nachrichten[.]xn--bcher-kva[.]example/a" in body
    assert "user@" not in body
    blank = replace(REPORTED, citations=(cited("Blatt", ""),))
    assert "Address, not a link" not in to_text(english(blank))


def test_a_host_that_is_no_host_is_still_harmless() -> None:
    incident = replace(REPORTED, citations=(cited("Blatt", "https://é..ü/" + "a" * 200),))
    line = next(
        block.text
        for block in english(incident).blocks
        if isinstance(block, Paragraph) and block.text.startswith("Address")
    )
    assert "[.][.]" in line
    assert len(line) < 120


def test_more_than_three_sources_are_counted() -> None:
    incident = replace(
        REPORTED, citations=tuple(cited(f"Paper {n}", "https://p.example") for n in range(6))
    )
    body = flat(to_text(english(incident)))
    assert "- and 3 more" in body
    assert "Paper 0, Paper 1, Paper 2 and 3 more have reported" in body


STOP = "To stop these mails, "


STOP_URL = "https://alerts.example.org/u/t"


@pytest.mark.parametrize(
    ("unsubscribe", "contact", "last"),
    [
        (STOP_URL, "", Link("Stop these mails", STOP_URL)),
        (
            "mailto:stop@example.org?subject=x",
            "",
            Paragraph(f"{STOP}write to stop@example.org with this subject: x"),
        ),
        ("", "sec@example.org", Paragraph(f"{STOP}write to sec@example.org.")),
        ("", "", Paragraph(f"{STOP}tell the person who runs this service.")),
    ],
)
def test_the_footer_says_how_to_stop(unsubscribe: str, contact: str, last: object) -> None:
    assert english(unsubscribe=unsubscribe, contact=contact).footer[-1] == last


def test_the_footer_says_when_people_reviewed_the_advice() -> None:
    texts = load()
    day = LATER.date()
    sheets = {
        key: replace(sheet, reviewed=day) for key, sheet in texts.languages["en"].sheets.items()
    }
    reviewed = replace(texts, languages={"en": replace(texts.languages["en"], sheets=sheets)})
    assert "Advice last reviewed on 2 June 2026." in to_text(render(alert(), reviewed))


def hostile() -> Iterator[str]:
    yield "A & B <b>c</b> @everyone [x](https://evil.example) =?utf-8?q?x?="
    yield "line\r\nBcc: a@b.example\u202e\u200b\x00\ud800"
    yield "x" * 10_000


@pytest.mark.parametrize("name", list(hostile()))
def test_hostile_names_break_no_line_and_link_nowhere(name: str) -> None:
    organisation = Organisation(name, "x")
    reason = Reason(criteria=(), organisation=name)
    found = english(
        replace(REPORTED, organisations=(organisation,), via=(organisation,), title=name),
        matched=(Matched(watch=name, reason=replace(reason, possible=True)),),
    )
    assert len(found.subject) <= 150
    for text in (found.subject, found.shared.text, to_text(found), to_html(found)):
        assert not re.search(r"[\x00\u202e\u200b\ud800\r]", text)
        assert "https://evil" not in text
        assert "=?" not in text
    assert "\n" not in found.subject
    assert "<b>" not in to_html(found)


@settings(max_examples=60, deadline=None)
@given(
    kinds=st.frozensets(st.sampled_from(DataType)),
    denied=st.frozensets(st.sampled_from(DataType)),
    issuer=st.sampled_from([None, "FR", "US", "DE", "ZZ"]),
    country=st.sampled_from([None, "FR", "US", "DE", "ZZ"]),
    language=st.sampled_from(["en", "fr", "xx"]),
    role=st.sampled_from(Role),
    kind=st.sampled_from([Kind.NEW, Kind.UPDATE, Kind.WITHDRAWN, Kind.DRILL]),
    status=st.sampled_from(Status),
    corroboration=st.sampled_from(Corroboration),
    cites=st.booleans(),
)
def test_every_combination_renders_within_its_limits(  # noqa: PLR0917 - one axis each
    kinds: frozenset[DataType],
    denied: frozenset[DataType],
    issuer: str | None,
    country: str | None,
    language: str,
    role: Role,
    kind: Kind,
    status: Status,
    corroboration: Corroboration,
    cites: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    incident = replace(
        REPORTED,
        data_types=kinds,
        not_exposed=denied,
        issuers=dict.fromkeys(kinds, issuer) if issuer else {},
        status=status,
        corroboration=corroboration,
        citations=REPORTED.citations if cites else (),
    )
    reader = replace(PATIENT, language=language, country=country, role=role)
    found = render(alert(incident, reader=reader, kind=kind, before=REPORTED), load())
    assert 0 < len(found.subject) <= 150
    assert 0 < len(found.shared.text) <= 600
    assert "{" not in to_text(found)
    assert len(to_html(found).encode()) < 40_000
    if country != "FR":
        assert "3646" not in to_text(found)
    if language == "fr":
        assert "freeze" not in to_text(found)


def test_a_digest_lists_each_alert_newest_first() -> None:
    older = alert(CONFIRMED, reader=EN_READER)
    newer = alert(
        replace(CLAIMED, published=LATER, sensitive=True), reader=EN_READER, contact="a@b.example"
    )
    found = digest([older, newer], load(), Bundle.FIRST, 7)
    assert found.subject == "Breach alerts: the last 7 days"
    heads = [block.text for block in found.blocks if isinstance(block, Heading)]
    claimed = "Criminals claim a leak at Almerys, 2 June 2026"
    assert heads[:2] == [claimed, "Almerys: data leak confirmed"]
    assert found.severity is CONFIRMED.severity
    assert "Data: French social security number" in flat(to_text(found))
    assert "Which data is not known yet." in to_text(found)
    assert len(digest([older, newer] * 30, load(), Bundle.FIRST).shared.text) <= 600
    events = found.data["events"]
    assert isinstance(events, list)
    assert len(events) == 2


def test_a_notice_tells_the_operator_its_lines() -> None:
    found = notice("Source down", ["our-isac: no answer", "bad\nline\x00"], load(), "en")
    assert found.subject == "Source down"
    assert to_text(found) == (
        "our-isac: no answer\n\nbad line\n\n-- \nSent by alertd to the person who runs it.\n"
    )
    assert found.shared.text.startswith("Source down\nour-isac")


def test_a_reader_elsewhere_hears_of_rights_at_home() -> None:
    body = to_text(message("almerys-elsewhere.en"))
    assert "(article 77)" in body
    assert "3646" not in body
    assert isinstance(GOLDEN["almerys-elsewhere.en"], Alert)
    assert ELSEWHERE.country == "DE"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_data_gathered_from_many_places_is_no_organisations_leak(language: str) -> None:
    gathered = replace(
        REPORTED, organisations=(), via=(), evidence={"collected": ("ALIEN TXTBASE logs",)}
    )
    found = english(gathered, reader=replace(US_READER, language=language))
    name = load().language(language).say("note", "organisation")
    opening = "\n".join([found.subject, flat(to_text(found)).partition("1. ")[0]])
    assert name not in opening
    assert {"en": "a collection of stolen data", "fr": "recueil de données volées"}[
        language
    ] in found.subject.lower().replace("un recueil", "recueil")
