"""``alertd init``: what it asks, what it writes, and that alertd reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from alertd import config
from alertd.channels import kinds
from alertd.cli import init
from alertd.cli.answers import Answers, Way, locale
from alertd.core.model import DataType
from alertd.errors import UsageError

GOOD = ("patient@example.org", "fr", "FR", "Almerys, Viamedis", "mail.example.org")


def answering(*answers: str) -> Callable[[str, str], str]:
    left = list(answers)
    return lambda _words, default: left.pop(0) or default


def written(folder: Path, *answers: str, environ: dict[str, str] | None = None) -> config.Config:
    path = init.run(folder / "alertd.toml", answering(*answers), False, environ or {})  # noqa: FBT003 - as the command calls it
    return config.load(path, {}, folder)


def test_five_answers_make_a_file_that_loads(tmp_path: Path) -> None:
    read = written(tmp_path, *GOOD)
    (person,) = read.subscribers
    assert (person.email, person.reader.language, person.reader.country) == GOOD[:3]
    assert person.watches[0].criteria.organisations == ("Almerys", "Viamedis")
    assert person.routes[0].channel == "mail"
    assert read.operator is not None
    assert (read.operator.channel, read.operator.to) == ("mail", "patient@example.org")
    assert read.warnings == ()


def test_the_file_is_commented_and_under_fifty_lines(tmp_path: Path) -> None:
    written(tmp_path, *GOOD)
    lines = (tmp_path / "alertd.toml").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 50
    assert sum("#" in line for line in lines) >= 8


@pytest.mark.parametrize("line_start", ["#username", "#password_file", "  #data_types"])
def test_what_is_commented_out_can_be_put_to_use(line_start: str, tmp_path: Path) -> None:
    written(tmp_path, *GOOD)
    text = (tmp_path / "alertd.toml").read_text(encoding="utf-8")
    assert f"\n{line_start}" in text
    (tmp_path / "password").write_text("made-up-secret")
    text = text.replace("/etc/alertd/smtp-password", "password").replace("\n#u", "\nu")
    (tmp_path / "alertd.toml").write_text(text.replace("\n#p", "\np").replace("  #d", "  d"))
    assert config.problems(None, {}, tmp_path) == ()


@pytest.mark.parametrize(
    ("server", "host", "port", "security"),
    [
        ("mail.example.org", "mail.example.org", 587, "starttls"),
        ("mail.example.org:465", "mail.example.org", 465, "tls"),
        ("localhost", "localhost", 25, "none"),
        ("127.0.0.1:8025", "127.0.0.1", 8025, "none"),
    ],
)
def test_the_server_decides_port_and_security(
    server: str, host: str, port: int, security: str, tmp_path: Path
) -> None:
    settings = dict(written(tmp_path, *GOOD[:4], server).channels["mail"].settings)
    assert (settings["host"], settings["port"], settings["security"]) == (host, port, security)


def test_without_a_server_messages_go_to_a_folder(tmp_path: Path) -> None:
    read = written(tmp_path, *GOOD[:4], "")
    assert list(read.channels) == ["folder"]
    assert dict(read.channels["folder"].settings)["folder"] == f"{tmp_path}/alertd-messages"


CHATS = {name: kind.hook for name, kind in kinds().items() if kind.hook}


@pytest.mark.parametrize("chat", CHATS)
def test_the_address_of_a_webhook_makes_a_channel_of_its_kind(chat: str, tmp_path: Path) -> None:
    url = CHATS[chat].example
    read = written(tmp_path, *GOOD[:4], url)
    channel = read.channels["team"]
    assert (channel.kind.kind, channel.shared, read.warnings) == (chat, True, ())
    assert dict(channel.settings)["url"].get_secret_value() == url
    assert [route.channel for route in read.subscribers[0].routes] == ["team"]
    assert read.operator is not None
    assert read.operator.channel == "team"
    text = (tmp_path / "alertd.toml").read_text(encoding="utf-8")
    assert url[-12:] not in text, "the address is a secret"
    assert len(text.splitlines()) < 50
    assert (tmp_path / f"alertd.{chat}-url").stat().st_mode & 0o137 == 0
    assert url[-12:] not in repr(Way(chat=chat, url=url))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://hooks.slack.com/workflows/T0/A0/1/madeUp", "starts a Slack workflow"),
        ("https://acme.webhook.office.com/webhookb2/madeUp", "which Microsoft has ended"),
        ("https://chat.example.org/hooks/madeUp", "no webhook of Discord, Slack or Teams"),
        ("http://hooks.slack.com/services/T0/B0/madeUp", "begins with https://"),
        ("https://", "begins with https://"),
    ],
)
def test_an_address_that_no_tool_answers_is_asked_for_again(
    url: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        written(tmp_path, *GOOD[:4], url, url, url)
    assert "madeUp" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_was_kept_before_stays_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "alertd.slack-url").write_text("mine")
    url = CHATS["slack"].example
    with pytest.raises(UsageError, match=re.escape("alertd.slack-url: cannot be written: File")):
        written(tmp_path, *GOOD[:4], url)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    init.run(tmp_path / "alertd.toml", answering(*GOOD[:4], url), True, {})  # noqa: FBT003 - as the command calls it
    assert (tmp_path / "alertd.slack-url").read_text() == f"{url}\n"
    assert config.problems(None, {}, tmp_path) == ()


def test_what_cannot_be_written_whole_leaves_no_address_behind(tmp_path: Path) -> None:
    path = tmp_path / "alertd.toml"
    (tmp_path / ".alertd.toml.new").mkdir()
    answers = answering(*GOOD[:4], CHATS["slack"].example)
    with pytest.raises(UsageError, match="cannot be written"):
        init.run(path, answers, True, {})  # noqa: FBT003 - as the command calls it
    assert not (tmp_path / "alertd.slack-url").exists()


def test_a_system_wide_file_keeps_everything_where_a_service_may_write() -> None:
    answers = Answers("a@example.org", "en", "", ("Almerys",), Way())
    written_ = init.compose(answers, init.STATE)
    assert 'folder = "/var/lib/alertd' in written_
    assert 'database = "sqlite:////var/lib/alertd/alertd.db"' in written_
    assert "database" not in init.compose(answers)


def test_without_organisations_sensitive_numbers_are_watched(tmp_path: Path) -> None:
    criteria = written(tmp_path, *GOOD[:3], "", "").subscribers[0].watches[0].criteria
    assert DataType.NATIONAL_ID in criteria.data_types
    assert criteria.countries == {"FR"}


def test_the_locale_gives_the_defaults(tmp_path: Path) -> None:
    answers = ("a@example.org", "", "", "Almerys", "")
    reader = written(tmp_path, *answers, environ={"LANG": "fr_FR.UTF-8"}).subscribers[0].reader
    assert (reader.language, reader.country) == ("fr", "FR")


@pytest.mark.parametrize("lang", ["", "C.UTF-8", "xx_QQ", "POSIX"])
def test_an_unknown_locale_means_english_and_no_country(lang: str) -> None:
    assert locale({"LANG": lang}) == ("en", "-")


def test_no_country_is_an_answer(tmp_path: Path) -> None:
    reader = written(tmp_path, "a@example.org", "en", "-", "Almerys", "").subscribers[0].reader
    assert reader.country is None


def test_names_with_quotes_and_accents_survive(tmp_path: Path) -> None:
    read = written(tmp_path, *GOOD[:3], 'Hôpital "Saint-Martin" \\ fils, L\'Or', "")
    assert read.subscribers[0].watches[0].criteria.organisations == (
        'Hôpital "Saint-Martin" \\ fils',
        "L'Or",
    )


def test_an_answer_of_no_use_is_asked_for_again_with_the_reason(tmp_path: Path) -> None:
    asked: list[str] = []
    left = ["patient", *GOOD]

    def ask(words: str, _default: str) -> str:
        asked.append(words)
        return left.pop(0)

    init.run(tmp_path / "alertd.toml", ask, False, {})  # noqa: FBT003 - as the command calls it
    assert asked[1].startswith("write one e-mail address")
    assert len(asked) == 6


def test_three_answers_of_no_use_end_it_and_write_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="write one e-mail address"):
        written(tmp_path, "a", "b", "c")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "alertd.toml"
    path.write_text("mine")
    with pytest.raises(UsageError, match="there is a file already; use --force"):
        init.run(path, answering(*GOOD), False, {})  # noqa: FBT003 - as the command calls it
    assert path.read_text() == "mine"
    init.run(path, answering(*GOOD), True, {})  # noqa: FBT003 - as the command calls it
    assert config.problems(path, {}, tmp_path) == ()
    assert list(tmp_path.iterdir()) == [path]


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    written(tmp_path, *GOOD)
    assert (tmp_path / "alertd.toml").stat().st_mode & 0o137 == 0


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        written(tmp_path / "nowhere", *GOOD)
