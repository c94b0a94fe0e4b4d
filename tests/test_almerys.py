"""The example that must always work: Almerys, told by three sources, for three readers."""

from __future__ import annotations

import json
import re
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio

from alertd.demo.servers import filled
from tests.daemon import alertd
from tests.httpserver import reply, serving
from tests.scene import configure, now, person, source, text_of, to
from tests.smtpserver import SMTPServer

DATA = Path(__file__).parent / "data" / "flow"
MAILS = ("patient", "patient-update", "us", "privacy")
QUESTIONS = ("Relevant", "Findable", "Understandable", "Usable", "Extra")
FORBIDDEN = re.compile(r"freeze|\bgel\b|bureau|\bEOB\b|IP PIN|credit report", re.IGNORECASE)
MONTHS = (
    "January February March April May June July August September October November December "
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
)
DATE = re.compile(rf"\b\d{{1,2}}(?:er)?\s+(?:{'|'.join(MONTHS.split())})\s+\d{{4}}\b")

Told = dict[str, EmailMessage]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, list[str]]:
    """Run the program twice on three feeds, the second time with the update; once a module."""
    folder = tmp_path_factory.mktemp("almerys")
    files = ("register.json", "press-en.xml", "press-fr.xml")
    pages = {f"/{name}": page(name) for name in files}
    async with serving(pages) as server, SMTPServer() as mail:
        configure(
            folder,
            server,
            mail,
            source(server, "Registre", files[0], more='tier = "curated"\n'),
            source(server, "Press", files[1]),
            source(server, "Presse", files[2]),
            person("patient", '{name = "ma mutuelle", organisations = ["Almerys"]}', language="fr"),
            person("us", '{name = "identity numbers", data_types = ["national-id"]}', country="US"),
            person(
                "privacy",
                '{name = "numéros nationaux", data_types = ["national-id"], countries = ["FR"]}',
                language="fr",
                role="privacy",
            ),
            top='contact = "security@example.org"',
            polled=("Registre", "Press", "Presse"),
        )
        first, _ = await alertd(folder, "run", "--once")
        pages["/press-fr.xml"] = page("press-fr-later.xml")
        second, said = await alertd(folder, "run", "--once")
        assert (first, second) == (10, 10), said
        _, listed = await alertd(folder, "incident", "list", "--json")
        found = {name: to(mail, name) for name in ("patient", "us", "privacy")}
    assert {name: len(got) for name, got in found.items()} == {"patient": 2, "us": 1, "privacy": 1}
    mails = {name: got[0] for name, got in found.items()}
    mails["patient-update"] = found["patient"][1]
    return mails, [incident["title"] for incident in json.loads(listed)]


def page(name: str) -> bytes:
    """A feed of the flow with dates of today."""
    return reply(filled((DATA / name).read_text("utf-8"), "", now()).encode())


def written(mail: EmailMessage) -> str:
    """A mail as its golden file holds it, today's dates replaced."""
    return DATE.sub("<date>", f"Subject: {mail['Subject']}\n\n{text_of(mail)}")


def folded(text: str) -> str:
    """Text without its line ends, which move with the length of a date."""
    return " ".join(text.split())


def test_three_sources_two_languages_and_two_spellings_are_one_incident(
    told: tuple[Told, list[str]],
) -> None:
    assert [title.casefold() for title in told[1]] == ["almerys"]


@pytest.mark.parametrize("name", MAILS)
def test_the_mail_is_the_golden_one(name: str, told: tuple[Told, list[str]]) -> None:
    golden = (DATA / f"flow-{name}.txt").read_text(encoding="utf-8")
    assert folded(written(told[0][name])) == folded(golden)


@pytest.mark.parametrize("name", MAILS)
def test_the_review_answers_each_question_with_a_line_of_the_mail(name: str) -> None:
    review = (DATA / f"flow-{name}.review.md").read_text(encoding="utf-8")
    whole = folded((DATA / f"flow-{name}.txt").read_text(encoding="utf-8"))
    assert [word for word in QUESTIONS if f"**{word}**" not in review] == []
    quotes = re.findall(r"`([^`]+)`", review)
    assert len(quotes) >= len(QUESTIONS)
    assert [quote for quote in quotes if folded(quote) not in whole] == []


@pytest.mark.parametrize("name", MAILS)
def test_no_american_act_is_in_any_mail(name: str, told: tuple[Told, list[str]]) -> None:
    mail = told[0][name]
    html = mail.get_body(("html",))
    assert html is not None
    assert FORBIDDEN.findall(f"{mail['Subject']}\n{text_of(mail)}\n{html.get_content()}") == []


def test_the_patient_gets_french_acts_and_contacts(told: tuple[Told, list[str]]) -> None:
    text = folded(text_of(told[0]["patient"]))
    assert "numéro de sécurité sociale" in text
    assert "3646" in text
    assert "ameli.fr" in text
    assert "17cyber.gouv.fr" in text
    assert "ftc" not in text.casefold()


def test_the_reader_in_the_us_is_told_that_the_numbers_are_french(
    told: tuple[Told, list[str]],
) -> None:
    text = folded(text_of(told[0]["us"]))
    assert "These are French numbers. If you never had one, there is nothing to do." in text
    assert re.findall(r"3646|33700|(?:\d\d ){3,}\d\d|ameli|cnil", text, re.IGNORECASE) == []


def test_the_privacy_officer_gets_the_facts_and_the_time_limits(
    told: tuple[Told, list[str]],
) -> None:
    text = folded(text_of(told[0]["privacy"]))
    assert "article 33" in text
    assert "72 heures" in text


def test_the_update_is_in_the_thread_of_the_first_mail(told: tuple[Told, list[str]]) -> None:
    first, update = told[0]["patient"], told[0]["patient-update"]
    assert update["In-Reply-To"] == first["Message-ID"]
    assert update["References"] == first["Message-ID"]
    assert update["Message-ID"] != first["Message-ID"]
    assert first["In-Reply-To"] is None
    assert "Ce qui a changé" in text_of(update)
