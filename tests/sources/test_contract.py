"""What every source must do; a new one is complete when these pass."""

import re
from datetime import UTC, timedelta
from pathlib import Path
from random import Random

import pytest

from alertd.core.clean import TEXT_LIMIT, TITLE_LIMIT, clean_line, clean_text
from alertd.core.feed import Source
from alertd.core.model import Report
from alertd.errors import ParseError
from alertd.sources import catalogue
from tests.sources import samples
from tests.sources.samples import SAMPLES, Sample

MARKUP = re.compile(
    r"</?[a-z!][^>]*>|&(?:amp|lt|gt|quot|#\d+);|\*\*|^#+ ", re.IGNORECASE | re.MULTILINE
)
SOURCES = list(catalogue().values())
ALL = samples.all_samples()
MUTATIONS = 60


def parsed(sample: Sample) -> list[Report]:
    return list(sample.source.parse(sample.reply, sample.source))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_source_is_well_formed(source: Source) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", source.name)
    assert source.kind == source.name
    assert source.request.url.startswith("https://")
    assert source.publisher
    assert source.licence.endswith(".")
    assert timedelta(minutes=5) <= source.every <= timedelta(days=1)
    assert 0 < source.max_items <= 20_000


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_source_has_a_sample_with_its_expectation_and_origin(source: Source) -> None:
    assert samples.of(source.name, source), f"put a sample into tests/data/sources/{source.name}/"
    assert f"`{source.name}/" in (SAMPLES / "PROVENANCE.md").read_text()


@pytest.mark.parametrize("folder", sorted(path for path in SAMPLES.iterdir() if path.is_dir()))
def test_every_folder_of_samples_belongs_to_a_source(folder: Path) -> None:
    assert folder.name in {"feed", *catalogue()}


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_a_sample_gives_what_is_expected(sample: Sample) -> None:
    reports = parsed(sample)
    assert len(reports) == len(sample.expected)
    for report, expected in zip(reports, sample.expected, strict=True):
        for name, value in expected.items():
            assert _agrees(report, name, value), f"{name}: {_shown(report, name)!r}"


def _agrees(report: Report, name: str, value: object) -> bool:
    if name == "text_starts":
        return report.text.startswith(str(value))
    if name == "text_ends":
        return report.text.endswith(str(value))
    return _shown(report, name) == value


def _shown(report: Report, name: str) -> object:
    value = getattr(report, name, report.text)
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_keys_are_unique_and_the_same_on_every_reading(sample: Sample) -> None:
    keys = [report.key for report in parsed(sample)]
    assert len(set(keys)) == len(keys)
    assert all(keys)
    assert keys == [report.key for report in parsed(sample)]


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_reports_are_clean_dated_in_utc_and_marked_with_their_source(sample: Sample) -> None:
    for report in parsed(sample):
        assert report.source == sample.source.name
        assert report.tier == sample.source.tier
        assert report.published is None or report.published.tzinfo is UTC
        assert report.title
        assert report.title == clean_line(report.title, TITLE_LIMIT)
        assert report.text == clean_text(report.text, TEXT_LIMIT)
        assert not MARKUP.search(report.title)
        assert not MARKUP.search(report.text)
        assert re.match(r"https?://|$", report.url)


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_F3_a_cut_body_gives_whole_reports_or_a_parse_error(sample: Sample) -> None:
    whole = {report.key: report for report in parsed(sample)}
    body = sample.reply.body
    for end in range(0, len(body) - 40, max(1, len(body) // 40)):
        reply = samples.reply_with(body[:end], sample.source)
        try:
            reports = list(sample.source.parse(reply, sample.source))
        except ParseError:
            continue
        assert reports
        for report in reports:
            assert report.title == whole[report.key].title


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_F3_mutated_bytes_raise_nothing_but_a_parse_error(sample: Sample) -> None:
    random = Random(str(sample))  # noqa: S311 - mutations, the same on every run
    for _ in range(MUTATIONS):
        reply = samples.reply_with(_mutated(sample.reply.body, random), sample.source)
        try:
            reports = list(sample.source.parse(reply, sample.source))
        except ParseError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either way is right
        else:
            assert all(isinstance(report, Report) for report in reports)


def _mutated(body: bytes, random: Random) -> bytes:
    """Some bytes changed, a piece doubled or taken out, or marks put in."""
    data = bytearray(body)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(data))
        piece = data[at : at + random.randint(1, 60)]
        data[at : at + random.choice([0, len(piece)])] = random.choice(
            [
                b"",
                piece * 2,
                random.randbytes(3),
                b"<",
                b"&",
                b"]]>",
                b"\0",
                b'"',
                b"<item>",
                b"\xff",
            ]
        )
    return bytes(data)
