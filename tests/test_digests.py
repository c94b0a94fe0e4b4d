"""Digests as their readers see them, and through the real program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alertd.core.markup import to_html, to_text
from alertd.core.message import Bullets, Heading, Message, Paragraph, Steps
from alertd.core.model import DataType, Incident, Organisation, Severity, Status
from alertd.core.names import fold
from alertd.core.people import Alert, Kind, Matched, Reader, Reason
from alertd.core.release import Bundle
from alertd.core.render import digest
from alertd.core.render.digests import MOST_WHOLE
from alertd.texts import load
from tests.core.cases import CLAIMED, CONFIRMED, EN_READER, LATER, PATIENT, REPORTED, alert
from tests.daemon import alertd
from tests.httpserver import serving
from tests.scene import configure, feed, item, mails, person, source, text_of, to
from tests.smtpserver import SMTPServer

NAMES = ("Almerys", "Viamedis", "Corail", "Harmonia", "Bretelle", "Quimpair", "Zenobe")


def at(name: str, incident: Incident = CONFIRMED, **fields: object) -> Incident:
    organisation = Organisation(name, fold(name))
    return replace(incident, organisations=(organisation,), ref=name.lower(), **fields)  # type: ignore[arg-type]  # any field


def told(
    incident: Incident,
    reader: Reader = EN_READER,
    kind: Kind = Kind.NEW,
    before: Incident | None = None,
) -> Alert:
    name = incident.organisations[0].name
    watch = Matched(watch="insurers", reason=Reason(criteria=(), organisation=name))
    return alert(
        incident, reader=reader, kind=kind, before=before, matched=(watch,), contact="a@b.example"
    )


def bundled(alerts: Sequence[Alert], bundle: Bundle = Bundle.DAILY, days: int = 7) -> Message:
    return digest(alerts, load(), bundle, days)


def flat(message: Message) -> str:
    return " ".join(to_text(message).split())


def heads(message: Message) -> list[str]:
    return [block.text for block in message.blocks if isinstance(block, Heading)]


# --- as the reader sees it --------------------------------------------------------------------


def test_each_incident_has_a_short_section_newest_first() -> None:
    found = bundled([told(at("Viamedis")), told(at("Corail", CLAIMED, published=LATER))])
    assert heads(found)[:2] == [
        "Criminals claim a leak at Corail, 2 June 2026",
        "Viamedis: data leak confirmed",
    ]
    said = flat(found)
    assert "How sure: a claim by criminals, not confirmed." in said
    assert "Data: French social security number" in said
    assert "Not leaked: bank account number" in said
    assert "Your watch “insurers” names Viamedis." in said
    assert said.count("First step: ") == 2 or "For all of these" in said


def test_an_update_says_what_was_and_what_is_now() -> None:
    update = told(at("Viamedis"), kind=Kind.UPDATE, before=at("Viamedis", REPORTED))
    said = flat(bundled([update, told(at("Corail"))]))
    assert "Update: Viamedis: data leak confirmed" in said
    assert "How sure: was one report, not confirmed so far, now confirmed by Viamedis." in said


def test_a_correction_says_what_is_taken_back_and_gives_no_first_step() -> None:
    gone = at("Viamedis", status=Status.WITHDRAWN)
    correction = told(gone, kind=Kind.WITHDRAWN, before=at("Viamedis"))
    found = bundled([correction, replace(correction, incident=at("Corail", gone))])
    said = flat(found)
    assert "Correction: Viamedis" in said
    assert "That report is withdrawn." in said
    assert "First step" not in said
    assert not [block for block in found.blocks if isinstance(block, Steps)]


def test_what_holds_for_all_is_said_once_at_the_end() -> None:
    found = bundled([told(at(name)) for name in NAMES[:3]])
    [steps] = [block for block in found.blocks if isinstance(block, Steps)]
    assert heads(found).index("For all of these") == 3
    sections = [
        line for block in found.blocks if isinstance(block, Bullets) for line in block.items
    ]
    assert all(act not in line for act, _ in steps.items for line in sections)


@pytest.mark.parametrize("bundle", list(Bundle))
@pytest.mark.parametrize("reader", [EN_READER, PATIENT])
def test_no_subject_names_an_incident_or_has_an_open_place(bundle: Bundle, reader: Reader) -> None:
    found = bundled([told(at("Viamedis"), reader), told(at("Corail"), reader)], bundle)
    assert "Viamedis" not in found.subject
    assert "{" not in found.subject + to_text(found)
    assert found.language == reader.language
    assert len({bundled([told(at("Corail"), reader)] * 2, item).subject for item in Bundle}) == len(
        Bundle
    )


def test_a_first_contact_says_how_many_days_it_looks_back() -> None:
    alerts = [told(at("Viamedis")), told(at("Corail"))]
    assert bundled(alerts, Bundle.FIRST, 7).subject == "Breach alerts: the last 7 days"
    assert bundled(alerts, Bundle.FIRST, 1).subject == "Breach alerts: the last 24 hours"


def test_what_must_not_show_stays_out_of_preview_and_shared_chats() -> None:
    hidden = told(at("Corail", sensitive=True))
    found = bundled([hidden, told(at("Viamedis"))])
    assert found.preheader == "Viamedis"
    assert "Corail" not in found.subject + found.shared.text
    assert "Corail" in to_text(found)
    shy = replace(EN_READER, discreet=True)
    discreet = bundled([told(at("Corail"), shy), told(at("Viamedis"), shy)])
    assert discreet.preheader == ""
    assert "Corail" not in discreet.shared.text


def test_beyond_the_longest_each_incident_still_gets_a_line() -> None:
    many = [told(at(f"Firm {n}", published=LATER - timedelta(hours=n))) for n in range(50)]
    found = bundled(many)
    assert f"And {50 - MOST_WHOLE} more" in heads(found)
    said = flat(found)
    assert all(f"Firm {n}: data leak confirmed" in said for n in range(50))
    events, more = found.data["events"], found.data["more"]
    assert isinstance(events, list)
    assert isinstance(more, list)
    assert (len(events), len(more)) == (MOST_WHOLE, 50 - MOST_WHOLE)
    assert len(found.shared.text) <= 600
    assert found.shared.lines[-1].startswith("and ")
    assert len(to_html(found).encode()) < 100_000


def test_the_gravest_alert_is_the_digests_own_severity() -> None:
    low = at("Corail", severity=Severity.LOW)
    found = bundled([told(low), told(at("Viamedis", severity=Severity.CRITICAL))])
    assert found.severity is Severity.CRITICAL


def test_a_reader_abroad_gets_no_french_act_or_number() -> None:
    abroad = replace(EN_READER, country="US")
    said = flat(bundled([told(at("Viamedis"), abroad), told(at("Corail"), abroad)]))
    assert "3646" not in said
    assert "If you never had one, there is nothing to do." in said


def test_the_footer_says_how_to_stop() -> None:
    found = bundled([told(at("Viamedis")), told(at("Corail"))])
    assert [block.text for block in found.footer if isinstance(block, Paragraph)][-1] == (
        "To stop these mails, write to a@b.example."
    )


def test_names_from_outside_stay_harmless() -> None:
    hostile = at("<script>alert(1)</script> https://evil.example =?utf-8?q?x?=")
    found = bundled([told(hostile), told(at("Viamedis", data_types=frozenset({DataType.HEALTH})))])
    assert "<script>" not in to_html(found)
    assert "https://evil.example" not in to_text(found)
    assert "=?" not in found.subject + found.preheader


# --- through the real program -----------------------------------------------------------------

WATCH = f'{{name = "mine", organisations = {json.dumps(NAMES)}}}'


def story(name: str) -> str:
    text = f"{name} confirmed a data breach. Passwords were exposed."
    return item(name, f"{name} confirms data breach", text)


@pytest.mark.slow
async def test_run_once_sends_a_first_contact_digest_before_it_ends(tmp_path: Path) -> None:
    pages = {"/press": feed(*map(story, NAMES))}
    async with serving(pages) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, source(server, "press"), person("ada", WATCH))
        code, said = await alertd(tmp_path, "run", "--once")
        again = await alertd(tmp_path, "run", "--once")
    assert code == 10, said
    assert again[0] == 0
    [digest_] = mails(mail)
    assert digest_["Subject"] == "Breach alerts: the last 7 days"
    assert digest_["References"] is None
    for name in NAMES:
        assert f"{name}: data leak confirmed" in text_of(digest_)
    listed = json.loads((await alertd(tmp_path, "delivery", "list", "--json"))[1])
    assert [row["state"] for row in listed] == ["suppressed"] * len(NAMES) + ["sent"]
    incident = listed[0]["incident"]
    shown = await alertd(tmp_path, "explain", "--subscriber", "ada", "--incident", incident)
    assert f"message {listed[-1]['id']}" in shown[1]
    assert "part of the digest" in shown[1]


@pytest.mark.slow
async def test_status_says_when_the_next_digest_goes_and_what_is_held(tmp_path: Path) -> None:
    pages = {"/press": feed(*map(story, NAMES[:3]))}
    async with serving(pages) as server, SMTPServer() as mail:
        ada = person("ada", WATCH) + 'routes = [{channel = "mail", when = "weekly mon 08:30"}]\n'
        configure(tmp_path, server, mail, source(server, "press"), ada, person("bob", WATCH))
        code, said = await alertd(tmp_path, "run", "--once")
        assert code == 10, said
        assert to(mail, "ada") == []
        assert len(to(mail, "bob")) == 3
        _, words = await alertd(tmp_path, "status")
        assert "held: 3 for digest" in words
        assert "next digest: " in words
        assert ", to 1 person" in words
        _, shown = await alertd(tmp_path, "status", "--json")
        assert json.loads(shown)["held"] == {"digest": 3}
        assert json.loads(shown)["next_digest"]["people"] == 1
