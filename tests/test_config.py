"""The configuration: what it reads, what it refuses and how it says so."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from alertd import channels, config, sources
from alertd.channels import ChannelSettings
from alertd.config import model, people
from alertd.config.faults import Findings
from alertd.config.places import Places
from alertd.config.ways import check_plain
from alertd.core.model import DataType, Severity, Status
from alertd.core.people import Criteria, Role, Route
from alertd.errors import ConfigError

CASES = Path(__file__).parent / "data" / "config"
EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
SECRET = "made-up-secret"

MAIL = """
[channel.mail]
kind = "email"
host = "mail.example.org"
from = "alertd <alerts@example.org>"
"""
PATIENT = """
[[subscriber]]
name = "patient"
email = "patient@example.org"
[[subscriber.watch]]
name = "insurers"
organisations = ["Almerys"]
"""
ISAC = """
[[source]]
name = "our-isac"
kind = "feed"
url = "https://isac.example.org/feed.xml"
"""


def loaded(
    folder: Path, text: str, environ: Mapping[str, str] | None = None, *, secrets: bool = True
) -> config.Config:
    file = folder / "alertd.toml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, environ or {}, folder, secrets=secrets)


def refusal(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environ)
    return str(caught.value)


# --- what is refused ---


@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_file_is_refused_with_the_line_that_says_what_to_do(case: Path) -> None:
    expected = case.with_suffix(".txt").read_text(encoding="utf-8")
    expected = expected.replace("{folder}", str(CASES))
    expected = expected.replace("{kinds}", ", ".join(channels.kinds()))
    expected = expected.replace("{languages}", ", ".join(config.languages()))
    assert config.problems(Path(case.name), {}, CASES) == tuple(expected.splitlines())


@pytest.mark.parametrize("case", sorted(CASES.glob("*.txt")), ids=lambda path: path.stem)
def test_no_error_repeats_a_secret(case: Path) -> None:
    assert SECRET not in case.read_text(encoding="utf-8")
    assert case.with_suffix(".toml").exists()


def test_the_error_of_a_load_begins_with_its_first_problem(tmp_path: Path) -> None:
    error = refusal(tmp_path, 'country = "FRA"\nlanguag = "fr"\n')
    assert error.splitlines()[0].startswith(f"{tmp_path}/alertd.toml:1: country: ")
    assert error.splitlines() == list(config.problems(None, {}, tmp_path))


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    loaded(tmp_path, MAIL + PATIENT)
    assert config.problems(None, {}, tmp_path) == ()


def test_an_error_about_a_secret_does_not_hold_it(tmp_path: Path) -> None:
    error = refusal(tmp_path, MAIL + f'username = "{SECRET}"\npassword = ["{SECRET}"]\n')
    assert "channel.mail.password: write text in quotes" in error
    assert SECRET not in error


def test_a_value_in_an_error_cannot_break_the_line_or_the_terminal(tmp_path: Path) -> None:
    error = refusal(tmp_path, r'language = "e\n\u001b[31m"')
    assert len(error.splitlines()) == 1
    assert error.isprintable()


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        config.load(tmp_path, {}, tmp_path)


def test_a_file_that_cannot_be_looked_at_is_refused_and_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: File name too long"):
        config.load(Path("x" * 300), {}, tmp_path)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "alertd.toml").write_bytes(b'contact = "\xe9@example.org"')
    with pytest.raises(ConfigError, match="save it as UTF-8"):
        config.load(None, {}, tmp_path)


# --- where the file is ---


def test_the_named_file_comes_before_the_variable_and_the_folder(tmp_path: Path) -> None:
    for name in ("named", "variable", "alertd"):
        (tmp_path / f"{name}.toml").write_text(f'contact = "{name}@example.org"\n')
    environ = {"ALERTD_CONFIG": str(tmp_path / "variable.toml")}
    named = config.load(Path("named.toml"), environ, tmp_path)
    assert named.contact == "named@example.org"
    assert config.load(None, environ, tmp_path).contact == "variable@example.org"
    assert config.load(None, {}, tmp_path).contact == "alertd@example.org"


def test_a_named_file_that_is_not_there_is_an_error_and_not_the_defaults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^no\.toml: there is no such file; `alertd init`"):
        config.load(Path("no.toml"), {}, tmp_path)
    with pytest.raises(ConfigError, match=r"named by \$ALERTD_CONFIG"):
        config.load(None, {"ALERTD_CONFIG": "no.toml"}, tmp_path)


@pytest.mark.skipif(Path("/etc/alertd/alertd.toml").exists(), reason="has a file")
@pytest.mark.parametrize(
    ("environ", "state"),
    [
        (
            {"STATE_DIRECTORY": "/var/lib/alertd:/var/lib/other", "HOME": "/home/me"},
            "/var/lib/alertd",
        ),
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/me"}, "/state/alertd"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.local/state/alertd"),
    ],
)
def test_without_a_file_messages_go_to_a_folder_of_the_state(
    environ: dict[str, str], state: str, tmp_path: Path
) -> None:
    built_in = config.load(None, environ, tmp_path)
    assert built_in.path is None
    assert built_in.database == f"sqlite:///{state}/alertd.db"
    assert [channel.kind.kind for channel in built_in.channels.values()] == ["file"]
    assert dict(built_in.channels["file"].settings)["folder"] == f"{state}/alertd-messages"
    assert built_in.sources
    assert built_in.country is None


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "a.toml"
    file.write_text('database = "sqlite:///my.db"\n[channel.out]\nkind = "file"\nfolder = "out"\n')
    read = config.load(Path("etc/a.toml"), {}, tmp_path)
    assert read.database == f"sqlite:///{tmp_path}/etc/my.db"
    assert dict(read.channels["out"].settings)["folder"] == f"{tmp_path}/etc/out"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/lib/a.db",
        "sqlite:///:memory:",
        "postgresql://user@/name?host=/run/postgresql",
        "postgresql+psycopg://user:pw@db.example.org/alertd",
    ],
)
def test_an_absolute_database_is_taken_as_it_is(url: str, tmp_path: Path) -> None:
    assert loaded(tmp_path, f'database = "{url}"').database == url


# --- what is read ---


def test_a_subscriber_takes_what_it_does_not_say_from_the_top(tmp_path: Path) -> None:
    top = 'language = "fr"\ncountry = "fr"\ntimezone = "Europe/Paris"\n'
    person = loaded(tmp_path, top + MAIL + PATIENT).subscribers[0]
    assert (person.reader.language, person.reader.country) == ("fr", "FR")
    assert person.reader.timezone == "Europe/Paris"
    assert person.reader.role is Role.INDIVIDUAL
    assert person.routes == (Route(channel="mail"),)


def test_a_subscriber_is_read_whole(tmp_path: Path) -> None:
    person = loaded(
        tmp_path,
        MAIL
        + """
[channel.archive]
kind = "file"
folder = "archive"

[[subscriber]]
name = "officer"
email = "officer@example.org"
country = "US"
role = "privacy"
discreet = true
routes = [
  {channel = "mail", when = "Weekly MON 8:30", events = ["new"], min_severity = "high"},
  {channel = "archive", quiet = "22:00 - 7:00", quiet_except = "critical"},
]
[[subscriber.watch]]
name = "numbers"
organisations = ["Almerys", "Viamedis", "Almerys"]
data_types = ["national-id"]
countries = ["fr"]
min_people = 1000
min_status = "confirmed"
""",
    ).subscribers[0]
    first, second = person.routes
    assert (first.when, first.events, first.min_severity) == (
        "weekly mon 08:30",
        frozenset({"new"}),
        Severity.HIGH,
    )
    assert (second.quiet, second.quiet_except) == ("22:00-07:00", Severity.CRITICAL)
    criteria = person.watches[0].criteria
    assert criteria.organisations == ("Almerys", "Viamedis")
    assert criteria.data_types == {DataType.NATIONAL_ID}
    assert criteria.countries == {"FR"}
    assert (criteria.min_people, criteria.min_status) == (1000, Status.CONFIRMED)
    assert person.reader.discreet
    assert person.reader.role is Role.PRIVACY


def test_a_subscriber_without_routes_or_mail_channel_takes_the_only_channel(tmp_path: Path) -> None:
    archive = '[channel.archive]\nkind = "file"\nfolder = "out"\n'
    assert loaded(tmp_path, archive + PATIENT).subscribers[0].routes == (Route(channel="archive"),)
    assert loaded(tmp_path, PATIENT).subscribers[0].routes == (Route(channel="file"),)
    both = loaded(tmp_path, archive + MAIL + PATIENT)
    assert both.subscribers[0].routes == (Route(channel="mail"),)


def test_a_subscriber_without_watch_is_told_of_to_the_operator(tmp_path: Path) -> None:
    read = loaded(tmp_path, MAIL + '[[subscriber]]\nname = "a"\nemail = "a@example.org"\n')
    assert len(read.warnings) == 1
    assert read.warnings[0].startswith(f"{tmp_path}/alertd.toml:6: subscriber[1]: has no watch")


def test_links_to_pages_that_are_not_there_are_warned_of(tmp_path: Path) -> None:
    page = 'public_url = "https://alerts.example.org"\n'
    assert "leads to no page" in loaded(tmp_path, page).warnings[0]
    [line] = loaded(tmp_path, page + '[web]\nlisten = "127.0.0.1:8080"\n').warnings
    assert "no web pages in this version" in line


def test_what_this_version_does_not_do_is_warned_of(tmp_path: Path) -> None:
    text = """
[channel.folder]
kind = "file"
folder = "out"
[[subscriber]]
name = "ada"
routes = [{channel = "folder", when = "daily 08:30"}]
watch = [{name = "mine", sectors = ["health"], follow_suppliers = 2}]
"""
    lines = loaded(tmp_path, text).warnings
    assert {line.split(": ")[1] for line in lines} == {
        "subscriber[1].watch[1].sectors",
    }


def test_a_tag_of_an_organisation_may_be_watched(tmp_path: Path) -> None:
    organisation = (
        '[[organisation]]\nname = "Almerys"\ntags = ["Tier-1"]\ndomains = ["WWW.almerys.com"]\n'
    )
    read = loaded(tmp_path, organisation + MAIL + PATIENT.replace('"Almerys"', '"tag:tier-1"'))
    assert read.subscribers[0].watches[0].criteria.organisations == ("tag:tier-1",)
    assert read.organisations[0].domains == ("almerys.com",)


def test_the_values_of_tables_are_read(tmp_path: Path) -> None:
    read = loaded(
        tmp_path,
        'public_url = "http://127.0.0.1:8080/alerts/"\n'
        'operator = {channel = "mail", to = "ops@example.org"}\n'
        '[polling]\nlookback = "36h"\nfloor = "1s"\n'
        '[web]\nlisten = "127.0.0.1:8080"\ntrusted_proxies = ["10.0.0.0/8"]\n'
        '[metrics]\nlisten = "[::1]:9464"\n'
        "[delivery]\nretry_scale = 0.01\n"
        '[retention]\naudit = "5y"\n' + MAIL,
    )
    assert read.public_url == "http://127.0.0.1:8080/alerts"
    assert read.operator is not None
    assert read.operator.to == "ops@example.org"
    assert (read.polling.lookback, read.polling.floor) == (
        timedelta(hours=36),
        timedelta(seconds=1),
    )
    assert read.web is not None
    assert read.web.trusted_proxies == ("10.0.0.0/8",)
    assert read.metrics is not None
    assert read.metrics.listen == "[::1]:9464"
    assert read.delivery.retry_scale == 0.01
    assert read.retention.audit == timedelta(days=5 * 365)


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    (tmp_path / "alertd.toml").write_bytes(b'\xef\xbb\xbflanguage = "fr"\r\ncountry = "fr"\r\n')
    assert config.load(None, {}, tmp_path).country == "FR"


# --- which sources are polled ---


def names(read: config.Config) -> set[str]:
    return {source.name for source in read.sources}


def shipped() -> set[str]:
    return {name for name, source in sources.catalogue().items() if source.default}


@pytest.mark.parametrize("polling", ["", '[polling]\nsources = ["default"]\n'])
def test_an_own_source_is_polled_beside_the_shipped_set(polling: str, tmp_path: Path) -> None:
    assert names(loaded(tmp_path, polling + ISAC)) == shipped() | {"our-isac"}


def test_only_the_own_sources_are_polled_when_only_they_are_named(tmp_path: Path) -> None:
    second = ISAC.replace("our-isac", "second")
    read = loaded(tmp_path, '[polling]\nsources = ["our-isac"]\n' + ISAC + second)
    assert names(read) == {"our-isac"}
    assert [line.partition(": ")[2] for line in read.warnings] == [
        "source[2]: is not polled: polling.sources does not name it"
    ]


def test_an_own_source_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    name = next(iter(shipped()))
    read = loaded(tmp_path, ISAC.replace("our-isac", name))
    assert names(read) == shipped()
    urls = [item.request.url for item in read.sources if item.name == name]
    assert urls == ["https://isac.example.org/feed.xml"]


def test_network_allow_opens_http_and_plain_smtp_to_that_port_alone(tmp_path: Path) -> None:
    text = (
        MAIL.replace("mail.example.org", "127.0.0.1")
        + 'port = 8025\nsecurity = "none"\n'
        + ISAC.replace("https://isac.example.org", "http://127.0.0.1:8000")
    )
    assert loaded(tmp_path, '[network]\nallow = ["127.0.0.1:8025", "127.0.0.1:8000"]\n' + text)
    error = refusal(tmp_path, '[network]\nallow = ["127.0.0.1:8026", "127.0.0.1:80"]\n' + text)
    assert 'add "127.0.0.1:8025" to network.allow' in error
    assert 'add "127.0.0.1:8000" to network.allow' in error


class HookSettings(ChannelSettings):
    url: SecretStr


@pytest.mark.parametrize(
    ("url", "allow", "faults"),
    [
        ("https://chat.example.org/hooks/made-up-secret", (), 0),
        ("http://127.0.0.1:8065/hooks/made-up-secret", (), 1),
        ("http://127.0.0.1:8065/hooks/made-up-secret", ("127.0.0.1:8065",), 0),
        ("http://[::1]/hooks/made-up-secret", ("[::1]:80",), 0),
    ],
)
def test_a_hook_over_http_needs_its_host_allowed(
    url: str, allow: tuple[str, ...], faults: int
) -> None:
    kind = channels.kinds()["file"]
    hook = config.ConfiguredChannel(
        name="team", kind=kind, settings=HookSettings(kind="file", url=SecretStr(url)), shared=True
    )
    found = Findings()
    check_plain(hook, config.NetworkSettings(allow=allow), found)
    assert len(found.faults) == faults
    assert SECRET not in repr(found.faults)


# --- secrets ---


def password(read: config.Config) -> str:
    value = dict(read.channels["mail"].settings)["password"]
    assert isinstance(value, SecretStr)
    return value.get_secret_value()


LOGIN = MAIL + 'username = "alertd"\n'


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\r\n")
    file.chmod(0o600)
    read = loaded(tmp_path, LOGIN + 'password_file = "password"\n')
    assert password(read) == SECRET
    assert read.warnings == ()
    assert config.secrets_of(read) == {SECRET}
    assert SECRET not in repr(read)


def test_a_secret_file_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(SECRET)
    file.chmod(0o644)
    read = loaded(tmp_path, LOGIN + 'password_file = "password"\n')
    assert len(read.warnings) == 1
    assert f"others can read {file}: chmod 600 it" in read.warnings[0]


def test_a_secret_is_read_from_a_credential(tmp_path: Path) -> None:
    (tmp_path / "smtp-password").write_text(f"{SECRET}\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    read = loaded(tmp_path, LOGIN + 'password_credential = "smtp-password"\n', environ)
    assert password(read) == SECRET


def test_a_credential_cannot_be_a_path(tmp_path: Path) -> None:
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    error = refusal(tmp_path, LOGIN + 'password_credential = "../password"\n', environ)
    assert "write the name of a credential, without any folder" in error


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"made-up-\xff", "is not text in UTF-8"),
        (b"made-up-secret\nsecond line\n", "must hold one line"),
    ],
)
def test_a_secret_file_that_holds_no_secret_is_refused_without_quoting_it(
    content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / "password").write_bytes(content)
    error = refusal(tmp_path, LOGIN + 'password_file = "password"\n')
    assert words in error
    assert "made-up" not in error
    assert len(error.splitlines()) == 1


def test_a_command_that_sends_nothing_needs_no_secret(tmp_path: Path) -> None:
    text = LOGIN + 'password_credential = "smtp-password"\n' + PATIENT
    read = loaded(tmp_path, text, secrets=False)
    assert read.channels["mail"].unread == ("password",)
    assert read.subscribers[0].routes == (Route(channel="mail"),)
    assert dict(read.channels["mail"].settings)["host"] == "mail.example.org"


def test_the_database_is_read_from_a_file_by_every_command(tmp_path: Path) -> None:
    url = f"postgresql://alertd:{SECRET}@db.example.org/alertd"
    (tmp_path / "database").write_text(url)
    read = loaded(tmp_path, 'database_file = "database"\n', secrets=False)
    assert read.database == url
    assert SECRET not in repr(read)
    assert SECRET in config.secrets_of(read)


def test_an_address_that_is_asked_as_a_sign_of_life_is_a_secret(tmp_path: Path) -> None:
    url = f"https://ping.example.org/{SECRET}"
    read = loaded(tmp_path, f'[metrics]\nlisten = "127.0.0.1:9464"\nping_url = "{url}"\n')
    assert config.secrets_of(read) == {url}
    assert SECRET not in repr(read)


# --- lines ---

NUMBERED = (CASES / "lines" / "numbered.toml").read_text(encoding="utf-8")
"""Each whole number in it is the number of its line."""


def numbered(
    value: object, path: tuple[str | int, ...] = ()
) -> list[tuple[tuple[str | int, ...], int]]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in numbered(item, (*path, key))]
    if isinstance(value, list):
        return [found for key, item in enumerate(value) for found in numbered(item, (*path, key))]
    return [(path, value)] if isinstance(value, int) else []


@pytest.mark.parametrize(("path", "line"), numbered(tomllib.loads(NUMBERED)))
def test_each_value_is_found_on_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert Places(NUMBERED).line(path) == line


def test_what_is_not_there_is_placed_at_its_table() -> None:
    places = Places(NUMBERED)
    assert places.line(("list", 0, "missing")) == 19
    assert places.line(("list", 1, "table", "missing")) == 28
    assert places.line(("nowhere",)) == 1


# --- the example ---


def uncommented() -> str:
    return re.sub(r"(?m)^#(?=\S)", "", EXAMPLE.read_text(encoding="utf-8"))


def test_the_example_as_it_is_holds_the_defaults(tmp_path: Path) -> None:
    example = loaded(tmp_path, EXAMPLE.read_text(encoding="utf-8"))
    assert example == loaded(tmp_path, "")


def test_the_example_with_all_its_examples_loads(tmp_path: Path) -> None:
    read = loaded(tmp_path, uncommented())
    shown = {item.kind.kind for item in read.channels.values()}
    assert shown >= {name for name, kind in channels.kinds().items() if kind.hook is None}
    assert read.subscribers
    assert read.organisations


def keys(table: type[BaseModel]) -> set[str]:
    return {item.alias or name for name, item in table.model_fields.items()}


def used(tables: list[dict[str, Any]]) -> set[str]:
    return {key for table in tables for key in table}


TABLES: dict[str, type[BaseModel]] = {
    "operator": model.OperatorSettings,
    "polling": model.PollingSettings,
    "network": model.NetworkSettings,
    "web": model.WebSettings,
    "metrics": model.MetricsSettings,
    "delivery": model.DeliverySettings,
    "retention": model.RetentionSettings,
}


@pytest.mark.parametrize("table", TABLES)
def test_the_example_names_every_option_of_a_table(table: str) -> None:
    assert set(tomllib.loads(uncommented())[table]) == keys(TABLES[table])


def test_the_example_names_every_option_of_the_lists() -> None:
    document = tomllib.loads(uncommented())
    lists = {"source", "channel", "organisation", "subscriber"}
    assert set(document) - lists == keys(model.General)
    assert used(document["source"]) == keys(sources.SourceSettings)
    assert used(document["organisation"]) == keys(model.OrganisationSettings)
    assert used(document["organisation"][1]["suppliers"]) == keys(model.SupplierSettings)
    person = document["subscriber"][0]
    assert set(person) == keys(people.SubscriberTable)
    assert used(person["routes"]) == keys(people.RouteTable)
    assert used(person["watch"]) == keys(people.WatchTable)


@pytest.mark.parametrize("kind", channels.kinds())
def test_the_example_names_every_option_of_a_kind_of_channel(kind: str) -> None:
    tables = list(tomllib.loads(uncommented())["channel"].values())
    own = [item for item in tables if item["kind"] == kind]
    chats = [item for item in tables if channels.kinds()[item["kind"]].hook]
    shown = own or (chats if channels.kinds()[kind].hook else [])  # chat tools share their keys
    assert used(shown) == keys(channels.kinds()[kind].settings)


@pytest.mark.parametrize("code", DataType)
def test_the_example_names_every_kind_of_data(code: str) -> None:
    assert re.search(rf"[ #]{code}[,.]", EXAMPLE.read_text(encoding="utf-8"))


# --- size ---


def test_a_thousand_sources_and_channels_are_read(tmp_path: Path) -> None:
    text = "".join(
        ISAC.replace("our-isac", f"isac-{number}")
        + f'[channel.out-{number}]\nkind = "file"\nfolder = "out/{number}"\n'
        for number in range(1_000)
    )
    read = loaded(tmp_path, '[polling]\nsources = ["isac-0", "isac-999"]\n' + text)
    assert len(read.channels) == 1_000
    assert names(read) == {"isac-0", "isac-999"}


@pytest.mark.slow
def test_ten_thousand_subscribers_are_read_in_seconds(tmp_path: Path) -> None:
    text = MAIL + "".join(PATIENT.replace("patient", f"patient-{n}") for n in range(10_000))
    start = time.perf_counter()
    assert len(loaded(tmp_path, text).subscribers) == 10_000
    assert time.perf_counter() - start < 5


def test_suppliers_that_lead_back_are_warned_of_once_and_followed_once(tmp_path: Path) -> None:
    tables = (
        '[[organisation]]\nname = "A"\nsuppliers = [{name = "bee"}]\n'
        '[[organisation]]\nname = "B"\naliases = ["Bee"]\nsuppliers = [{name = "C"}]\n'
        '[[organisation]]\nname = "C"\nsuppliers = [{name = "A"}, {name = "D"}]\n'
        '[[organisation]]\nname = "D"\nsuppliers = [{name = "D"}]\n'
    )
    read = loaded(tmp_path, MAIL + PATIENT + tables)
    assert [line.split(": ", 1)[1] for line in read.warnings if "lead back" in line] == [
        "organisation[1].suppliers: lead back to it: A ← B ← C ← A; each is followed once",
        "organisation[4].suppliers: lead back to it: D ← D; each is followed once",
    ]
    wanted = Criteria(organisations=("A",), follow_suppliers=5)
    assert [item.path[-1] for item in config.registry(read).widen(wanted).suppliers] == [
        "B",
        "C",
        "D",
    ]
