"""The data files are complete: each test names the file and the key that is missing."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import alertd.texts
from alertd.core.advise import CONTACT
from alertd.core.model import DataType
from alertd.core.people import Role
from alertd.core.texts import GENERIC, Fact, Language
from alertd.errors import ConfigError
from alertd.texts import load, load_from

TEXTS = load()
ENGLISH = TEXTS.languages["en"]
FOLDER = Path(alertd.texts.__file__).parent
OTHERS = sorted(set(TEXTS.languages) - {"en"})

_PLACE = re.compile(r"\{([a-z0-9_.]+)\}")
every_language = pytest.mark.parametrize("code", sorted(TEXTS.languages))
other_languages = pytest.mark.parametrize("code", OTHERS)


def places(text: str) -> set[str]:
    return set(_PLACE.findall(text))


def facts(language: Language) -> Iterator[tuple[str, Fact]]:
    for (kind, country), sheet in language.sheets.items():
        for item in (*sheet.acts, *sheet.scams, *sheet.do_not):
            yield f"guidance/{kind}.{country}", item
    for code, words in language.countries.items():
        for line in words.rights:
            yield f"countries/{code}", line
    for role, sheet_of in language.roles.items():
        for item in (*sheet_of.acts, *sheet_of.deadlines, *sheet_of.questions):
            yield f"roles/{role}", item


def texts_of(item: object) -> str:
    names = ("text", "reason", "name", "tell", "undo")
    return " ".join(getattr(item, name, "") for name in names)


def test_english_and_french_are_there() -> None:
    assert {"en", "fr"} <= set(TEXTS.languages)


@other_languages
def test_a_language_has_the_messages_of_english(code: str) -> None:
    theirs = TEXTS.languages[code].messages
    for table, keys in ENGLISH.messages.items():
        singular = {key for key in keys if not key.endswith("-plural")}
        assert sorted(singular - theirs[table].keys()) == [], f"{code}/messages.toml [{table}]"
        extra = {key for key in theirs[table].keys() - keys if not key.endswith("-plural")}
        assert sorted(extra) == [], f"{code}/messages.toml [{table}] has keys that are not used"


@other_languages
def test_a_language_has_the_places_of_english(code: str) -> None:
    theirs = TEXTS.languages[code].messages
    wrong = [
        f"{code}/messages.toml [{table}] {key}"
        for table, keys in ENGLISH.messages.items()
        for key, text in keys.items()
        if key in theirs[table] and places(theirs[table][key]) != places(text)
    ]
    assert wrong == []


@every_language
def test_a_plural_has_the_places_of_its_singular(code: str) -> None:
    for table, keys in TEXTS.languages[code].messages.items():
        for key, text in keys.items():
            if key.endswith("-plural"):
                single = keys[key.removesuffix("-plural")]
                assert places(text) == places(single), f"{code}/messages.toml [{table}] {key}"


@other_languages
def test_a_language_has_the_sheets_countries_and_roles_of_english(code: str) -> None:
    theirs = TEXTS.languages[code]
    assert sorted(ENGLISH.sheets.keys() - theirs.sheets.keys()) == [], f"{code}/guidance"
    assert sorted(ENGLISH.countries.keys() - theirs.countries.keys()) == [], f"{code}/countries"
    assert sorted(ENGLISH.roles.keys() - theirs.roles.keys()) == [], f"{code}/roles"


@other_languages
def test_the_facts_are_the_same_in_every_language_but_for_the_words(code: str) -> None:
    def bones(language: Language) -> list[tuple[object, ...]]:
        return [
            (where, item.source, item.status, item.date, item.rank, item.any_of, item.all_of,
             item.unless, item.unknown, getattr(item, "id", ""), places(texts_of(item)))
            for where, item in facts(language)
        ]  # fmt: skip

    for mine, theirs in zip(bones(ENGLISH), bones(TEXTS.languages[code]), strict=True):
        assert mine == theirs


@every_language
def test_every_fact_has_a_source_a_status_that_may_be_shown_and_a_date(code: str) -> None:
    for where, item in facts(TEXTS.languages[code]):
        named = f"{code}/{where}: {texts_of(item)[:50]}"
        assert item.source, named
        assert all(url.startswith(("https://", "http://")) for url in item.source), named
        assert item.status.printable, named
        assert item.date, named


@every_language
def test_every_data_type_has_a_name(code: str) -> None:
    names = TEXTS.languages[code].messages["data-types"]
    assert set(names) == {kind.value for kind in DataType}
    assert all(names.values())


@every_language
def test_every_sheet_is_of_a_data_type_and_of_a_country_with_a_pack(code: str) -> None:
    kinds = {kind.value for kind in DataType} | {GENERIC, CONTACT}
    for kind, country in TEXTS.languages[code].sheets:
        assert kind in kinds, f"{code}/guidance/{kind}"
        assert not country or country in TEXTS.packs, f"{code}/guidance/{kind}.{country}"


@every_language
def test_every_pack_has_its_words(code: str) -> None:
    assert sorted(TEXTS.packs.keys() - TEXTS.languages[code].countries.keys()) == []


@every_language
def test_every_body_that_an_act_names_is_in_a_table(code: str) -> None:
    known = {body.id for pack in TEXTS.packs.values() for body in pack.bodies}
    for where, item in facts(TEXTS.languages[code]):
        named = {place for place in places(texts_of(item)) if "." in place}
        assert named <= known, f"{code}/{where}"
        assert places(texts_of(item)) - named <= {"organisation"}, f"{code}/{where}"


@every_language
def test_no_fact_has_a_phone_number_or_an_address_of_its_own(code: str) -> None:
    for where, item in facts(TEXTS.languages[code]):
        said = re.sub(r"45 CFR [\d.]+", "", _PLACE.sub("", texts_of(item)))
        assert not re.search(r"\d(?:[ .-]?\d){5,}|3646|33700|7726|\b159\b|\b101\b", said), (
            f"{code}/{where}"
        )
        assert not re.search(r"\w\.(?:gov|com|org|fr|net|uk|ca)\b", said), f"{code}/{where}"


@every_language
def test_acts_are_short_begin_with_a_verb_and_have_a_reason(code: str) -> None:
    for where, item in facts(TEXTS.languages[code]):
        reason = getattr(item, "reason", None)
        if reason is not None:
            text = getattr(item, "text", "")
            assert len(text.split()) <= 20, f"{code}/{where}: {text}"
            assert reason, f"{code}/{where}: {text}"
            assert text[0].isupper(), f"{code}/{where}: {text}"


def test_the_bodies_have_sources_purposes_and_no_scheme() -> None:
    for pack in TEXTS.packs.values():
        for body in pack.bodies:
            assert "://" not in body.url, body.id
            assert body.purpose in ENGLISH.messages["purposes"], body.id
            assert bool(body.url) == bool(body.url_source), body.id
            assert bool(body.phone) == bool(body.phone_source), body.id
            for status in [body.url_status] * bool(body.url) + [body.phone_status] * bool(
                body.phone
            ):
                assert status.printable, body.id


def test_the_ids_of_bodies_are_unique_and_name_their_country() -> None:
    ids = [(body.id, pack.code) for pack in TEXTS.packs.values() for body in pack.bodies]
    assert len(ids) == len(set(ids))
    assert [body for body, code in ids if not body.startswith(f"{code.lower()}.")] == []


def test_the_generic_pack_has_no_national_number() -> None:
    assert TEXTS.packs[GENERIC].bodies == ()


@every_language
def test_the_general_sheet_holds_the_call_back_rule_and_the_privacy_role_exists(code: str) -> None:
    language = TEXTS.languages[code]
    assert [act.id for act in language.sheets[GENERIC, ""].acts if act.keep] == ["AC-CB"]
    assert Role.PRIVACY in language.roles
    assert language.reviewed is None or language.reviewed >= language.compiled


ASKED_FOR = [
    "bank-account", "credentials-other", "health", "identity-document", "national-id", "password",
    "payment-card",
]  # fmt: skip


@every_language
@pytest.mark.parametrize("kind", ASKED_FOR)
def test_each_kind_of_data_has_advice_for_readers_of_every_country(code: str, kind: str) -> None:
    sheet = TEXTS.languages[code].sheets[kind, ""]
    assert sheet.acts, f"{code}/guidance/{kind}"
    assert sheet.scams, f"{code}/guidance/{kind}"


@every_language
def test_contact_data_shares_one_sheet(code: str) -> None:
    sheets = TEXTS.languages[code].sheets
    shared = sheets[CONTACT, ""]
    assert shared.covers == {
        DataType.NAME, DataType.EMAIL, DataType.PHONE, DataType.POSTAL_ADDRESS,
        DataType.DATE_OF_BIRTH,
    }  # fmt: skip
    assert {country for kind, country in sheets if kind == CONTACT} == {"", "FR", "GB", "US"}
    assert not [kind for kind, _ in sheets if kind in set(shared.covers)]


@every_language
def test_shipped_words_have_no_exclamation_and_no_fixed_space(code: str) -> None:
    for path in (FOLDER / code).rglob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"[!\u00a0\u202f]", text), path.name


def test_french_marks_have_their_space() -> None:
    for path in (FOLDER / "fr").rglob("*.toml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.match(r"(?:text|reason|name|tell|undo)\b", line):
                said = line.split("=", 1)[1]
                assert not re.search(r"\w[:;?](?:\s|\")", said), f"{path.name}: {line}"


def test_loading_twice_reads_once() -> None:
    assert load() is load()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("countries/generic.toml", "not toml"),
        ("countries/generic.toml", 'code = "generic"\nunheard = 1\n'),
        ("en/guidance/generic.toml", "compiled = 2026-11-23\n[[acts]]\nid = 'x'\n"),
        ("en/messages.toml", "loose = 1\n"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, text: str) -> None:
    for path in FOLDER.rglob("*.toml"):
        copy = tmp_path / path.relative_to(FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(Path(name).name)):
        load_from(tmp_path)


def test_every_file_is_toml() -> None:
    for path in FOLDER.rglob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8")), path.name
