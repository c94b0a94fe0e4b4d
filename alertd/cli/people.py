"""What the commands on subscribers and on watches share: finding a person, telling of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alertd.cli.context import file_people, unknown_among
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.config import Config
    from alertd.core.people import Criteria, Subscriber
    from alertd.store import Rx, Tx
    from alertd.store.suppression import No

TOLD = "told"


@dataclass(frozen=True, slots=True)
class Known:
    """A subscriber as commands show them: who manages them, and the no that stops them."""

    person: Subscriber
    managed_by: str
    no: No | None = None

    @property
    def state(self) -> str:
        """``told``, ``paused``, ``unsubscribed`` or ``erased``."""
        return TOLD if self.no is None else self.no.why


def everybody(rx: Rx | Tx, config: Config) -> dict[str, Known]:
    """Who is told or has said no, by name; those of the file that were erased among them."""
    from alertd.store.suppression import ERASED

    stored = rx.subscribers()
    nos = rx.nos_of(person for person, _ in stored)
    found = {
        person.name: Known(person, managed_by, nos.get(person.name))
        for person, managed_by in stored
    }
    missing = [person for person in config.subscribers if person.name not in found]
    erased = rx.nos_of(missing, why=ERASED)
    found |= {
        person.name: Known(person, "file", erased[person.name])
        for person in missing
        if person.name in erased
    }
    return dict(sorted(found.items()))


def unknown(name: str, known: Iterable[str]) -> UsageError:
    """There is no such subscriber."""
    return unknown_among(name, known, "subscriber", "alertd subscriber list")


def subscriber_id(tx: Tx, name: str, config: Config) -> int:
    """The id of somebody who can be told; UsageError for nobody, and for who was erased."""
    from alertd.clock import utc_now

    if name not in tx.subscriber_ids():
        tx.reconcile(file_people(config), utc_now(), first=False)  # perhaps new in the file
    ids = tx.subscriber_ids()
    if name in ids:
        return ids[name]
    if name in everybody(tx, config):
        raise erased(name)
    raise unknown(name, ids)


def erased(name: str) -> UsageError:
    """The data of a person of the file was erased, and is not collected again."""
    return UsageError(
        f"{name} is in the file and was erased: if they want to be told again, "
        f"`alertd subscriber resume {name} --consent TEXT`"
    )


def watch_in_words(watch: dict[str, Any]) -> str:
    """A watch in one line."""
    said = [
        f"{key.replace('_', ' ')} {', '.join(map(str, value))}"
        for key, value in watch.items()
        if isinstance(value, list) and value and key != "suppliers"
    ]
    if watch["min_people"]:
        said.append(f"from {watch['min_people']:,} people")
    if watch["min_status"] != "claimed":
        said.append("once confirmed")
    if watch["follow_suppliers"]:
        said.append(f"suppliers to level {watch['follow_suppliers']}")
    return "; ".join(said) or "everything"


def watch_shown(name: str, wish: Criteria) -> dict[str, Any]:
    """A watch as JSON values."""
    from alertd.core.codec import plain

    return {"name": name, **plain(wish)}
