"""What a message says: how sure, what changed, who is told why, and what stays hidden."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alertd.core.markup import to_text
from alertd.core.message import Heading, Paragraph, Quote, Steps, Table
from alertd.core.model import (
    Change,
    Corroboration,
    DataType,
    Organisation,
    People,
    Speaker,
    Status,
)
from alertd.core.people import Kind, Matched, Reason, Role
from alertd.core.render import render
from alertd.texts import load
from tests.core.cases import (
    ALMERYS,
    BY_NAME_EN,
    CLAIMED,
    CONFIRMED,
    EXPOSED,
    NEUTRAL,
    OFFICER_EN,
    PAGE,
    PATIENT,
    REPORTED,
    US_READER,
    WITHDRAWN,
    alert,
    cited,
    english,
    flat,
    message,
)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Kind.UPDATE, "updated"), (Kind.WITHDRAWN, "retracted"), (Kind.DRILL, "drill")],
)
def test_the_event_type_follows_the_kind(kind: Kind, name: str) -> None:
    assert english(kind=kind).data["type"] == f"org.alertd.breach.{name}"


@pytest.mark.parametrize(
    ("corroboration", "en", "fr"),
    [
        (Corroboration.C0, "Criminals claim a leak at Almerys, 29 May 2026", "revendiquée"),
        (Corroboration.C1, "Report of a leak at Almerys", "signalée"),
        (Corroboration.C2, "Report of a leak at Almerys", "signalée"),
        (Corroboration.C3, "Almerys: data leak confirmed", "confirmée"),
        (Corroboration.C4, "Almerys: data leak confirmed", "confirmée"),
    ],
)
def test_the_subject_is_no_surer_than_the_statement(
    corroboration: Corroboration, en: str, fr: str
) -> None:
    incident = replace(REPORTED, corroboration=corroboration)
    assert english(incident).subject == en
    assert fr in render(alert(incident), load()).subject


@pytest.mark.parametrize("cites", [(), CLAIMED.citations])
@pytest.mark.parametrize("exposed", [frozenset(), EXPOSED])
def test_a_claim_is_always_called_one(cites: tuple[()], exposed: frozenset[DataType]) -> None:
    incident = replace(CLAIMED, citations=cites, data_types=exposed)
    told, dit = english(incident), render(alert(incident), load())
    for text in (told.subject, told.shared.text, to_text(told)):
        assert "claim" in text
    for text in (told.shared.text, to_text(told)):
        assert "Almerys has not confirmed this. Such claims are sometimes false." in flat(text)
    for text in (dit.subject, dit.shared.text, to_text(dit)):
        assert "revendi" in text
    assert "Almerys ne l'a pas confirmé." in flat(to_text(dit))


def test_two_publishers_are_both_named_with_the_earlier_date() -> None:
    second = cited("Le Courrier", "https://b.example", published=datetime(2026, 5, 30, tzinfo=UTC))
    incident = replace(
        REPORTED, corroboration=Corroboration.C2, citations=(second, *REPORTED.citations)
    )
    told = flat(to_text(english(incident)))
    assert "Data Watch and Le Courrier have reported a data leak at Almerys" in told
    assert "the first on 29 May 2026" in told


def test_a_register_is_named_as_such() -> None:
    by = cited("State register", "https://r.example", speaker=Speaker.AUTHORITY)
    incident = replace(REPORTED, corroboration=Corroboration.C4, citations=(by,))
    told = flat(to_text(english(incident)))
    assert "An authority or official register confirms a data leak at Almerys." in told
    assert "State register published this" in told


def test_several_organisations_take_the_plural() -> None:
    other = Organisation("Viamedis", "viamedis")
    incident = replace(CONFIRMED, organisations=(ALMERYS, other))
    assert "Almerys et Viamedis ont confirmé" in flat(to_text(render(alert(incident), load())))
    claim = replace(CLAIMED, organisations=(ALMERYS, other))
    assert "Almerys and Viamedis have not confirmed this." in flat(to_text(english(claim)))


@pytest.mark.parametrize(
    ("speaker", "words"),
    [
        (Speaker.ORGANISATION, "is denied by Almerys"),
        (Speaker.AUTHORITY, "Press office disputes the report"),
    ],
)
def test_a_disputed_report_says_who_and_keeps_the_acts(speaker: Speaker, words: str) -> None:
    by = cited("Press office", "https://a.example", speaker=speaker, status=Status.DISPUTED)
    incident = replace(
        REPORTED, status=Status.DISPUTED, citations=(*REPORTED.citations, by), revision=2
    )
    found = english(incident, kind=Kind.UPDATE, before=REPORTED)
    body = flat(to_text(found))
    assert words in body
    assert "This does not mean that your data is safe." in body
    assert "The steps we sent you before have not changed." in body
    assert "Now: disputed, not settled" in body


@pytest.mark.parametrize("hidden", ["discreet", "sensitive", "special"])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", [Kind.NEW, Kind.UPDATE, Kind.WITHDRAWN])
def test_a_hidden_breach_shows_one_neutral_sentence(hidden: str, language: str, kind: Kind) -> None:
    reader = replace(PATIENT, language=language, discreet=hidden == "discreet")
    special = frozenset({DataType.SPECIAL_CATEGORY}) if hidden == "special" else EXPOSED
    incident = replace(REPORTED, sensitive=hidden == "sensitive", data_types=special)
    found = render(alert(incident, reader=reader, kind=kind, before=incident), load())
    assert found.subject == NEUTRAL[language]
    assert found.preheader == ""
    assert found.shared.text == NEUTRAL[language]
    assert "Almerys" in to_text(found)


def test_the_preview_line_is_the_first_act() -> None:
    found = message("almerys-us.en")
    steps = next(block for block in found.blocks if isinstance(block, Steps))
    assert found.preheader == steps.items[0][0]


def test_an_american_gets_no_french_number_and_no_freeze() -> None:
    body = to_text(message("almerys-us.en"))
    assert "These are French numbers. If you never had one, there is nothing to do." in flat(body)
    assert not re.search(r"3646|33700|01 53|ameli|reeze|IRS", body)


def test_shared_chats_name_health_only_as_sensitive() -> None:
    incident = replace(REPORTED, data_types=frozenset({DataType.HEALTH, DataType.EMAIL}))
    found = english(incident)
    assert "Data: sensitive personal data, email address." in found.shared.text.replace(
        "email address, sensitive personal data", "sensitive personal data, email address"
    )
    assert "health data" not in found.shared.text


def test_the_chat_form_keeps_our_link_when_it_is_cut() -> None:
    names = tuple(Organisation(f"{'Long name ' * 5}{n}", str(n)) for n in range(9))
    incident = replace(CLAIMED, organisations=names, data_types=frozenset(DataType) - {
        DataType.SPECIAL_CATEGORY})  # fmt: skip
    found = english(incident, page=PAGE)
    assert len(found.shared.text) <= 600
    assert found.shared.text.endswith(PAGE)


def test_an_update_says_first_what_was_and_what_is() -> None:
    found = message("almerys-patient-update.fr")
    assert found.blocks[0] == Heading("Ce qui a changé")
    table = found.blocks[1]
    assert isinstance(table, Table)
    assert table.rows == (
        ("", "Avant", "Maintenant"),
        ("Certitude", "une seule source, non confirmée à ce stade", "confirmée par Almerys"),
    )
    assert not any(isinstance(block, Steps) for block in found.blocks)


def test_an_update_that_adds_data_gives_only_the_new_acts() -> None:
    before = replace(REPORTED, data_types=frozenset({DataType.NATIONAL_ID}))
    now = replace(
        REPORTED,
        data_types=frozenset({DataType.NATIONAL_ID, DataType.PHONE}),
        people=People(1_200_000, 1_500_000),
        via=(Organisation("Portal SARL", "portal"),),
    )
    found = english(now, kind=Kind.UPDATE, before=before, changes=frozenset({Change.DATA_TYPES}))
    steps = next(block for block in found.blocks if isinstance(block, Steps))
    assert [act[:24] for act, _ in steps.items] == [
        "Change your ameli, tax o",
        "Forward scam texts to 33",
    ]
    body = to_text(found)
    assert "Now: French social security number, phone number" in flat(body)
    assert "Was: not known\n  Now: 1,200,000 to 1,500,000 people" in body
    assert "Now: Portal SARL" in body


def test_an_update_without_a_changed_fact_says_that_the_facts_stand() -> None:
    second = cited("Le Courrier", "https://b.example")
    now = replace(REPORTED, citations=(*REPORTED.citations, second))
    body = flat(to_text(english(now, kind=Kind.UPDATE, before=REPORTED)))
    assert "More sources report it. The facts we gave you stand." in body
    assert "Source of the change: Le Courrier" in body


def test_an_update_of_nothing_told_before_reads_as_new() -> None:
    found = english(kind=Kind.UPDATE)
    assert Heading("Do this first") in found.blocks
    assert Heading("What changed") not in found.blocks


def test_a_withdrawal_says_which_acts_may_be_undone_and_who_took_it_back() -> None:
    numbers = {DataType.NATIONAL_ID: "US", DataType.HEALTH_INSURANCE: "US"}
    told = replace(REPORTED, issuers=numbers)
    found = render(
        alert(
            replace(WITHDRAWN, issuers=numbers),
            kind=Kind.WITHDRAWN,
            before=told,
            reader=US_READER,
        ),
        load(),
    )
    body = flat(to_text(found))
    assert found.subject == "Correction: Almerys"
    assert "Data Watch took it back on 3 June 2026." in body
    assert "You can lift your credit freeze." in body
    assert "1. " not in body


@pytest.mark.parametrize(
    ("publisher", "words"),
    [("Almerys", "Almerys spoke against it"), (None, "or better evidence speaks against it")],
)
def test_a_withdrawal_names_who_stands_against_it(publisher: str | None, words: str) -> None:
    against = (cited(publisher, "https://a.example", status=Status.WITHDRAWN),) if publisher else ()
    incident = replace(WITHDRAWN, citations=(*REPORTED.citations, *against))
    assert words in flat(to_text(english(incident, kind=Kind.WITHDRAWN, before=REPORTED)))


def test_a_late_alert_says_so_first() -> None:
    first = message("almerys-france-late.en").blocks[0]
    assert first == Paragraph("This alert is late. The news was published on 29 May 2026.")


def test_a_drill_is_marked_in_subject_first_line_and_chat() -> None:
    found = render(alert(kind=Kind.DRILL), load())
    assert found.subject == "EXERCICE : Une fuite est signalée chez Almerys"
    assert found.blocks[0] == Paragraph("EXERCICE. Ceci est un essai. Aucune donnée n'a fuité.")
    assert found.shared.text.startswith("EXERCICE : ")
    assert "EXERCISE: Report of a leak" in english(kind=Kind.DRILL).subject


def test_a_supplier_is_named_as_such() -> None:
    assert "through Records Host, a supplier" in flat(to_text(message("clinic-us.en")))
    reason = Reason(criteria=(), organisation="Records Host", role="via")
    found = english(matched=(Matched(watch="vendors", reason=reason),))
    assert "names Records Host, the supplier concerned" in flat(to_text(found))


def test_a_possible_match_quotes_the_title_away_from_the_acts() -> None:
    guess = Matched(
        watch="insurers", reason=Reason(criteria=(), organisation="Almerys", possible=True)
    )
    title = "Almerys <b>hit</b>, call +33 1 99 00 11 22 or see www.evil.example/login " + "x" * 300
    found = english(replace(REPORTED, organisations=(), title=title), matched=(guess,))
    quote = next(block for block in found.blocks if isinstance(block, Quote))
    assert quote.by == "Data Watch"
    assert quote.text.startswith("Almerys hit , call … or see …")
    assert len(quote.text) <= 200
    assert "This is a possible match." in flat(to_text(found))
    assert "which organisation is concerned" in to_text(found)
    assert found.blocks.index(quote) < found.blocks.index(Heading("Do this first")) - 1


def test_a_watch_on_other_things_says_only_that_it_fits() -> None:
    found = english(matched=(Matched(watch="hospitals", reason=Reason(criteria=())),))
    assert "Your watch “hospitals” fits this leak." in flat(to_text(found))


def test_the_same_reason_is_said_once_and_no_watch_needs_no_heading() -> None:
    twice = flat(to_text(english(matched=(BY_NAME_EN, BY_NAME_EN))))
    assert twice.count("names Almerys") == 1
    officer = english(reader=OFFICER_EN, matched=())
    assert Heading("Why you get this") not in officer.blocks


@pytest.mark.parametrize("role", [Role.PRIVACY, Role.SECURITY, Role.VENDOR_RISK])
def test_readers_with_duties_get_facts_time_limits_and_questions(role: Role) -> None:
    found = english(reader=replace(OFFICER_EN, role=role))
    heads = [block.text for block in found.blocks if isinstance(block, Heading)]
    assert heads[1:5] == [
        "Do this first",
        "Facts",
        "Time limits to check (not legal advice)",
        "Questions to ask Almerys",
    ]
    body = flat(to_text(found))
    assert "within 72 hours of becoming aware" in body
    assert "C1, one report, not confirmed so far" in body
    assert "HIPAA" not in body


def test_hipaa_is_for_american_health_incidents_only() -> None:
    american = frozenset({"US"})
    officer = replace(OFFICER_EN, country="US")
    health = replace(REPORTED, countries=american)
    assert "HIPAA" in to_text(english(health, reader=officer))
    assert "GDPR" not in to_text(english(health, reader=officer))
    mail = replace(health, data_types=frozenset({DataType.EMAIL}))
    assert "HIPAA" not in to_text(english(mail, reader=officer))
    assert "HIPAA" not in to_text(english(REPORTED, reader=officer))
    assert "GDPR" in to_text(english(REPORTED, reader=officer))


def test_facts_not_known_are_said_so_in_the_table() -> None:
    bare = replace(
        REPORTED,
        data_types=frozenset({DataType.NATIONAL_ID}),
        not_exposed=frozenset(),
        issuers={},
        countries=frozenset(),
        incident_date=None,
    )
    table = next(
        block for block in english(bare, reader=OFFICER_EN).blocks if isinstance(block, Table)
    )
    rows = {row[0]: row[1] for row in table.rows}
    for key in ("Numbers issued by", "People", "Countries", "Date of the event"):
        assert rows[key] == "not known"
    assert "Not leaked" not in rows
