"""The example that must always work: Almerys, told by three sources, for four readers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from alertd.demo.servers import filled
from tests.daemon import alertd
from tests.httpserver import Asked, HttpServer, reply, serving
from tests.posts import ID, as_read, event, is_signed, posts, routed, signed, slack
from tests.scene import configure, mails, now, person, source, text_of
from tests.smtpserver import SMTPServer

DATA = Path(__file__).parent / "data" / "flow"
READERS = ("patient", "us", "privacy", "hospital")
TOLD_AGAIN = ("hospital-update", "patient-update")
MAILS = (*READERS, *TOLD_AGAIN)
TEAM, OWN, SIEM = "/services/team", "/services/own", "/in/siem"
ALONE, TOGETHER = ("patient", "us"), ("privacy", "hospital")
GOLDEN = (
    *(f"flow-{name}.txt" for name in MAILS),
    *(f"flow-{name}.slack.txt" for name in READERS),
    *(f"flow-{name}.webhook.json" for name in READERS),
)
QUESTIONS = ("Relevant", "Findable", "Understandable", "Usable", "Extra")
FORBIDDEN = re.compile(r"freeze|\bgel\b|bureau|\bEOB\b|IP PIN|credit report", re.IGNORECASE)
FRENCH = re.compile(r"3646|33700|(?:\d\d ){3,}\d\d|ameli|cnil", re.IGNORECASE)
MONTHS = (
    "January February March April May June July August September October November December "
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
)
DATE = re.compile(rf"\b\d{{1,2}}(?:er)?\s+(?:{'|'.join(MONTHS.split())})\s+\d{{4}}\b")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
HOSPITAL = """
[[organisation]]
name = "Hôpital Saint-Martin"
suppliers = [{name = "Almerys", data_types = ["national-id", "health-insurance"]}]
"""
BY = "Hôpital Saint-Martin ← Almerys"


@dataclass(frozen=True)
class Told:
    """All that was sent, by reader; ``-update`` after the name of who was told again."""

    mails: dict[str, EmailMessage]
    chats: dict[str, Asked]
    events: dict[str, Asked]
    incidents: list[dict[str, Any]]

    def chat(self, name: str) -> str:
        return as_read(self.chats[name])

    def everything(self, name: str) -> str:
        """All words that one reader gets, whichever way."""
        mail = self.mails[name]
        html = mail.get_body(("html",))
        assert html is not None
        body = json.dumps(event(self.events[name]), ensure_ascii=False)
        own = f"{mail['Subject']}\n{text_of(mail)}\n{html.get_content()}"
        return f"{own}\n{self.chat(name)}\n{body}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Run the program twice on three feeds, the second time with the update; once a module."""
    return await run_twice(tmp_path_factory.mktemp("almerys"))


async def run_twice(folder: Path) -> Told:
    """What four readers get from three feeds and then from the update."""
    files = ("register.json", "press-en.xml", "press-fr.xml")
    pages = {f"/{name}": page(name) for name in files}
    pages |= {TEAM: reply(b"ok"), OWN: reply(b"ok"), SIEM: reply(status=202)}
    async with serving(pages) as server, SMTPServer() as mail:
        configure(
            folder,
            server,
            mail,
            HOSPITAL,
            slack(server, "team", TEAM, shared=True),
            slack(server, "own", OWN, shared=False),
            signed(server, "siem", SIEM),
            source(server, "Registre", files[0], more='tier = "curated"\n'),
            source(server, "Press", files[1]),
            source(server, "Presse", files[2]),
            *readers(),
            top='contact = "security@example.org"',
            polled=("Registre", "Press", "Presse"),
        )
        first, _ = await alertd(folder, "run", "--once")
        pages["/press-fr.xml"] = page("press-fr-later.xml")
        second, said = await alertd(folder, "run", "--once")
        assert (first, second) == (10, 10), said
        return await gathered(folder, server, mail)


def readers() -> list[str]:
    """The four of the configuration: two on their own, two who read with colleagues."""
    alone, together = ("mail", "own", "siem"), ("mail", "team", "siem")
    health = '{name = "ma mutuelle", organisations = ["Almerys"]}'
    numbers = '{name = "identity numbers", data_types = ["national-id"]}'
    french = '{name = "numéros nationaux", data_types = ["national-id"], countries = ["FR"]}'
    own = '{name = "mon hôpital", organisations = ["Hôpital Saint-Martin"], follow_suppliers = 1}'
    return [
        routed(person("patient", health, language="fr"), *alone),
        routed(person("us", numbers, country="US"), *alone),
        routed(person("privacy", french, language="fr", role="privacy"), *together),
        routed(person("hospital", own, language="fr", role="security"), *together),
    ]


async def gathered(folder: Path, server: HttpServer, mail: SMTPServer) -> Told:
    """Everything that came, each beside the row of the one message that it is."""
    _, listed = await alertd(folder, "delivery", "list", "--json")
    rows = sorted(json.loads(listed), key=lambda row: row["sent_at"])
    by_id = {row["message_id"]: named(row) for row in rows}
    # A post to a chat bears no id; one sender a channel posts in the order of the rows.
    chats = {
        named(row): post
        for channel, path in (("team", TEAM), ("own", OWN))
        for row, post in zip(
            [row for row in rows if row["channel"] == channel], posts(server, path), strict=True
        )
    }
    came = mails(mail)
    events = posts(server, SIEM)
    assert len(came) == len(events) == len(chats) == len(MAILS)
    _, incidents = await alertd(folder, "incident", "list", "--json")
    return Told(
        mails={by_id[str(item["Message-ID"]).strip("<>").partition("@")[0]]: item for item in came},
        chats=chats,
        events={by_id[item.headers[ID]]: item for item in events},
        incidents=json.loads(incidents),
    )


def named(row: dict[str, Any]) -> str:
    """Who a message is for, and whether it is an update."""
    assert row["state"] == "sent"
    return str(row["subscriber"]) + {"new": "", "update": "-update"}[row["kind"]]


def page(name: str) -> bytes:
    """A feed of the flow with dates of today."""
    return reply(filled((DATA / name).read_text("utf-8"), "", now()).encode())


def written(told: Told, golden: str) -> str:
    """A message as its golden file holds it: today's dates and this run's ids replaced."""
    name, _, form = golden.removeprefix("flow-").partition(".")
    ref = str(told.incidents[0]["id"])
    if form == "txt":
        mail = told.mails[name]
        text = f"Subject: {mail['Subject']}\n\n{text_of(mail)}"
    elif form == "slack.txt":
        text = told.chat(name)
    else:
        said = event(told.events[name]) | {"id": "<id>"}
        text = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
    return MOMENT.sub("<time>", DATE.sub("<date>", text)).replace(ref, "<incident>")


def folded(text: str) -> str:
    """Text without its line ends, which move with the length of a date."""
    return " ".join(text.split())


def test_three_sources_two_languages_and_two_spellings_are_one_incident(told: Told) -> None:
    assert [item["title"].casefold() for item in told.incidents] == ["almerys"]


def test_each_reader_is_told_once_by_every_route_and_again_of_what_concerns_them(
    told: Told,
) -> None:
    for way in (told.mails, told.chats, told.events):
        assert sorted(way) == sorted(MAILS)


@pytest.mark.parametrize("golden", GOLDEN)
def test_the_message_is_the_golden_one(golden: str, told: Told) -> None:
    expected = (DATA / golden).read_text(encoding="utf-8")
    assert folded(written(told, golden)) == folded(expected)


@pytest.mark.parametrize("golden", GOLDEN)
def test_the_review_answers_each_question_with_a_line_of_the_message(golden: str) -> None:
    review = (DATA / golden).with_suffix(".review.md").read_text(encoding="utf-8")
    whole = folded((DATA / golden).read_text(encoding="utf-8"))
    answers = dict(re.findall(r"^- \*\*(\w+)\*\*(.+)$", review, re.MULTILINE))
    assert list(answers) == list(QUESTIONS)
    for answer in answers.values():
        quotes = re.findall(r"`([^`]+)`", answer)
        assert quotes
        assert [quote for quote in quotes if folded(quote) not in whole] == []


@pytest.mark.parametrize("name", MAILS)
def test_no_american_act_is_in_any_message(name: str, told: Told) -> None:
    assert FORBIDDEN.findall(told.everything(name)) == []


def test_the_patient_gets_french_acts_and_contacts(told: Told) -> None:
    text = folded(text_of(told.mails["patient"]))
    assert "numéro de sécurité sociale" in text
    assert "3646" in text
    assert "ameli.fr" in text
    assert "17cyber.gouv.fr" in text
    assert "ftc" not in told.everything("patient").casefold()
    assert "Lisez la liste de vos remboursements sur votre compte ameli" in told.chat("patient")


def test_the_reader_in_the_us_is_told_that_the_numbers_are_french(told: Told) -> None:
    french = "These are French numbers. If you never had one, there is nothing to do."
    assert french in folded(text_of(told.mails["us"]))
    assert french in told.chat("us").splitlines()
    assert event(told.events["us"])["data"]["issuers"] == {"national-id": "FR"}
    assert FRENCH.findall(told.everything("us").replace(told.incidents[0]["id"], "")) == []


@pytest.mark.parametrize("name", TOGETHER)
def test_a_time_limit_says_who_tells_whom_from_when_and_by_which_text(
    name: str, told: Told
) -> None:
    text = folded(text_of(told.mails[name]))
    limits = text.partition("Délais à vérifier")[2].partition("Questions")[0]
    assert limits.startswith(" (ceci n'est pas un conseil juridique)")
    for source_, who, whom, when in (
        ("article 33 :", "responsable", "son autorité", "72 heures après en avoir pris"),
        ("article 33, paragraphe 2 :", "sous-traitant", "le responsable", "délais après en avoir"),
        ("article 34 :", "responsable", "les personnes", "dans les meilleurs délais"),
    ):
        [line] = [line for line in limits.split("- RGPD, ") if line.startswith(source_)]
        assert re.search(f"{who} .*{whom} .*{when}", line), line


def test_the_hospital_is_shown_by_which_way_it_is_concerned_in_every_form(told: Told) -> None:
    text = folded(text_of(told.mails["hospital"]))
    assert f"Almerys en est un : {BY} (prestataire)." in text
    assert f"- Chaîne de prestataires : {BY} -" in text
    assert f"Chaîne de prestataires : {BY}." in told.chat("hospital").splitlines()
    [matched] = event(told.events["hospital"])["data"]["matched"]
    assert (matched["role"], matched["path"]) == ("supplier", BY.split(" ← "))
    others = "".join(told.everything(name) for name in ("patient", "us", "privacy"))
    assert "Saint-Martin" not in others


@pytest.mark.parametrize("name", [*TOGETHER, "hospital-update"])
def test_a_chat_that_several_read_is_short_and_names_one_act_that_fits_them_all(
    name: str, told: Told
) -> None:
    read = told.chat(name)
    assert len(read) <= 600
    acts = re.findall(r"^\d+\. .+$", read, re.MULTILINE)
    assert [act.partition(".")[0] for act in acts] == ["1"]
    assert "Raccrochez si l'on vous appelle au sujet de cette fuite." in acts[0]


@pytest.mark.parametrize("name", [*ALONE, "patient-update"])
def test_a_chat_of_ones_own_has_the_acts_of_the_mail(name: str, told: Told) -> None:
    acts = re.findall(r"^\d+\. (.+)$", told.chat(name), re.MULTILINE)
    mail = folded(text_of(told.mails[name]))
    assert 1 <= len(acts) <= 5
    if name in READERS:
        assert all(act in mail for act in acts)


def test_the_verifier_of_these_tests_takes_the_official_vector_and_nothing_else() -> None:
    headers = {
        ID: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert is_signed(headers, b'{"test": 2432232314}')
    assert not is_signed(headers, b'{"test": 2432232315}')
    assert not is_signed({**headers, ID: "msg_other"}, b'{"test": 2432232314}')


@pytest.mark.parametrize("name", MAILS)
def test_the_event_is_signed_and_says_no_more_than_is_known(name: str, told: Told) -> None:
    said = event(told.events[name])
    kinds = {
        "org.alertd.breach.created": ("new", 1),
        "org.alertd.breach.updated": ("update", 2),
    }
    assert (said["data"]["kind"], said["data"]["revision"]) == kinds[said["type"]]
    assert said["subject"] == said["data"]["incident"] == told.incidents[0]["id"]
    assert "@" not in told.events[name].body.decode()
    assert said["data"]["people"] is None


@pytest.mark.parametrize("name", ["patient", "hospital"])
def test_the_update_is_in_the_thread_of_the_first_mail(name: str, told: Told) -> None:
    first, update = told.mails[name], told.mails[f"{name}-update"]
    assert update["In-Reply-To"] == first["Message-ID"]
    assert update["References"] == first["Message-ID"]
    assert update["Message-ID"] != first["Message-ID"]
    assert first["In-Reply-To"] is None
    assert "Ce qui a changé" in text_of(update)


@pytest.mark.parametrize("name", TOLD_AGAIN)
def test_an_update_is_posted_as_one_and_names_the_new_data(name: str, told: Told) -> None:
    read = told.chat(name)
    assert read.startswith("Mise à jour : Almerys : fuite de données confirmée\n")
    assert "données de mutuelle ou d'assurance santé" in read
    said = event(told.events[name])["data"]
    assert "health-insurance" in said["data_types"]
    assert said["revision"] == 2
