"""The judgement alone: plain records in, plain records out, in the same order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from alertd.core import codec
from alertd.core.cluster import group
from alertd.core.lexicon import Lexicon
from alertd.core.model import Account, DataType, Facts, Organisation, People, Reading, Report, Tier
from alertd.core.understand import understand
from alertd.core.understand.dates import stated
from alertd.errors import UsageError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CODES: Final[Mapping[str, DataType]] = {code.value: code for code in DataType}
_NAME_LIMIT: Final = 300


@dataclass(frozen=True, slots=True)
class _Read:
    """A record as read: its id, its account's frame, and what was understood."""

    id: object
    report: Report
    reading: Reading


def assess(
    records: Iterable[Mapping[str, object]], lexicon: Lexicon
) -> Iterator[dict[str, object]]:
    """Judge records in the shape of ``alertd assess``; groups hold within the run.

    Raises:
        UsageError: a record is not an object or has no id; the message names its line.
    """
    read = [_read(number, record, lexicon) for number, record in enumerate(records, 1)]
    accounts = [account for index, item in enumerate(read) for account in _accounts(index, item)]
    ids = _ids(accounts, lexicon)
    told = iter(ids)
    for item in read:
        yield _answer(item, [next(told) for _ in item.reading.incidents])


def _read(number: int, record: object, lexicon: Lexicon) -> _Read:
    if not isinstance(record, Mapping):
        raise UsageError(
            f"line {number}: not a JSON object; write one object with an id on each line"
        )
    name = record.get("id")
    if not isinstance(name, (str, int)) or isinstance(name, bool) or name == "":
        raise UsageError(f"line {number}: no id; give each object an id, a text or a number")
    report = _report(record, lexicon)
    return _Read(name, report, understand(report, lexicon))


def _report(record: Mapping[str, object], lexicon: Lexicon) -> Report:
    source = _text(record, "source")
    organisation = _text(record, "organisation")[:_NAME_LIMIT]
    return Report(
        source=source,
        key=str(record["id"]),
        url=_text(record, "url"),
        title=_text(record, "title"),
        text=_text(record, "text"),
        published=_time(_text(record, "published")),
        language=_text(record, "lang")[:8] or None,
        organisations=(organisation,) if organisation else (),
        domain=_text(record, "domain")[:_NAME_LIMIT] or None,
        data_types=_types(record.get("data_types")),
        people=_people(record.get("affected")),
        incident_date=stated(_text(record, "incident_date")),
        tier=Tier(lexicon.tiers.get(source.lower(), Tier.PRESS)),
    )


def _text(record: Mapping[str, object], field: str) -> str:
    value = record.get(field)
    return value.strip() if isinstance(value, str) else ""


def _time(value: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _types(value: object) -> frozenset[DataType]:
    items = value if isinstance(value, (list, tuple)) else ()
    return frozenset(_CODES[item] for item in items if isinstance(item, str) and item in _CODES)


def _people(value: object) -> People | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    count = int(value) if value == value and abs(value) < 10**12 else 0  # noqa: PLR0124 - not a number; more than there are people
    return People(count, count) if count > 0 else None


def _accounts(index: int, item: _Read) -> Iterator[Account]:
    published = item.report.published or _EPOCH
    for part, facts in enumerate(item.reading.incidents):
        yield Account(
            report=index,
            part=part,
            source=item.report.source,
            publisher=item.report.source,
            tier=item.report.tier,
            url=item.report.url,
            title=item.report.title,
            published=published,
            first_seen=published,
            facts=facts,
        )


def _ids(accounts: Sequence[Account], lexicon: Lexicon) -> list[str]:
    """An opaque id for each account, from what its group holds, whatever the order."""
    ids = [""] * len(accounts)
    used: dict[str, int] = {}
    for members in group(accounts, lexicon.weights["cluster"]):
        content = sorted(_content(accounts[index]) for index in members)
        name = sha256("\n".join(content).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        used[name] = used.get(name, 0) + 1
        for index in members:
            ids[index] = name if used[name] == 1 else f"{name}-{used[name]}"
    return ids


def _content(account: Account) -> str:
    frame = (
        account.source,
        account.url,
        account.title,
        account.published.isoformat(),
        str(account.part),
    )
    said = (words for _, snippets in sorted(account.facts.evidence.items()) for words in snippets)
    named = sorted(item.key for item in account.facts.organisations)
    return "|".join((*frame, *named, *said))


def _answer(item: _Read, ids: Sequence[str]) -> dict[str, object]:
    reading = item.reading
    return {
        "id": item.id,
        "relevant": reading.relevant,
        "confidence": reading.confidence,
        "lang": reading.language,
        "incidents": [
            _incident(name, facts) for name, facts in zip(ids, reading.incidents, strict=True)
        ],
        "mentioned": [found.name for found in reading.mentioned],
    }


def _incident(name: str, facts: Facts) -> dict[str, object]:
    return {
        "incident": name,
        "organisations": _names(facts.organisations),
        "via": _names(facts.via),
        "data_types": sorted(facts.data_types),
        "not_exposed": sorted(facts.not_exposed),
        "people": codec.plain(facts.people),
        "status": facts.status.value,
        "countries": sorted(facts.countries),
        "incident_date": facts.incident_date,
        "evidence": {field: list(words) for field, words in sorted(facts.evidence.items())},
    }


def _names(items: Iterable[Organisation]) -> list[str]:
    return [item.name for item in items]
