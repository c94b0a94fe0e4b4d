"""A person's own no: kept as keyed hashes, so that it outlives their data, and lifted by them."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

import sqlalchemy as sa

from alertd.core import codec
from alertd.core.people import Subscriber
from alertd.errors import UsageError
from alertd.store.engine import upsert
from alertd.store.incidents import ReadIncidents
from alertd.store.plans import WriteIncidents
from alertd.store.tables import delivery, meta, route, subscriber, suppression

PAUSED: Final = "paused"
UNSUBSCRIBED: Final = "unsubscribed"
ERASED: Final = "erased"
STRENGTH: Final = (PAUSED, UNSUBSCRIBED, ERASED)
"""A later weaker no never takes the place of a stronger one; a pause alone needs no consent."""


@dataclass(frozen=True, slots=True)
class No:
    """A no that holds; ``of_address`` says that it was said of an address, not of this name.

    Then whoever else is written to at that address is not written to either.
    """

    why: str
    since: datetime
    of_address: bool = False


class ReadSuppression(ReadIncidents):
    """Who has said no."""

    def secret(self) -> bytes:
        """The store's own secret: keys message ids, tokens and the hashes of the suppressed."""
        value = self.connection.execute(
            sa.select(meta.c.value).where(meta.c.key == "secret")
        ).scalar_one()
        return bytes.fromhex(value)

    def digest(self, address: str) -> str:
        """The keyed hash under which an address is suppressed."""
        return _hashed(self.secret(), _of_address(address))

    def is_suppressed(self, address: str) -> bool:
        """Whether the person behind an address has said no."""
        return self._any_suppressed([self.digest(address)])

    def said_no(self, subscriber_id: int, address: str) -> bool:
        """Whether a subscriber has said no, or somebody for this address of theirs."""
        name = self.connection.execute(
            sa.select(subscriber.c.name).where(subscriber.c.id == subscriber_id)
        ).scalar()
        keys = [_of_address(address)] if address else []
        keys += [_of_name(name)] if name is not None else []
        secret = self.secret()
        return self._any_suppressed([_hashed(secret, key) for key in keys])

    def nos_of(self, people: Iterable[Subscriber], *, why: str | None = None) -> Mapping[str, No]:
        """By name, the strongest no that holds for each person who is not told.

        An address counts for a person only when none of theirs is left without a no.
        ``why`` leaves out other kinds.
        """
        held = self._held(why)
        if not held:
            return {}
        secret = self.secret()
        found = ((person.name, _no_of(person, held, secret)) for person in people)
        return {name: no for name, no in found if no is not None}

    def written_to_at(self, address: str) -> tuple[tuple[int, str], ...]:
        """Ids and names of the subscribers who are written to at an address."""
        wanted = address.strip().casefold()
        routed = sa.select(route.c.subscriber_id).where(sa.func.lower(route.c.address) == wanted)
        rows = self.connection.execute(
            sa.select(subscriber.c.id, subscriber.c.name).where(
                subscriber.c.active,
                sa.or_(sa.func.lower(subscriber.c.email) == wanted, subscriber.c.id.in_(routed)),
            )
        )
        return tuple((row.id, row.name) for row in rows)

    def left_in(self, mailbox: str) -> frozenset[str]:
        """The names of the mails that were looked at and are left as they are."""
        text = self.connection.execute(
            sa.select(meta.c.value).where(meta.c.key == _mailbox_key(mailbox))
        ).scalar()
        return frozenset(codec.loads(list[str], text)) if text else frozenset()

    def _held(self, why: str | None) -> Mapping[str, No]:
        wanted = sa.select(suppression).where(suppression.c.lifted_at.is_(None))
        if why is not None:
            wanted = wanted.where(suppression.c.why == why)
        return {row.digest: No(row.why, row.since) for row in self.connection.execute(wanted)}

    def _any_suppressed(self, digests: list[str]) -> bool:
        found = self.connection.execute(
            sa.select(suppression.c.digest).where(
                suppression.c.digest.in_(digests), suppression.c.lifted_at.is_(None)
            )
        )
        return found.first() is not None


class WriteSuppression(ReadSuppression, WriteIncidents):
    """People say no, and take it back."""

    def suppress(self, address: str, why: str, now: datetime) -> None:
        """Keep a no to an address: nothing is sent there from now on."""
        self._keep_no(_of_address(address), why, now)

    def say_no(self, subscriber_id: int, why: str, now: datetime) -> bool:
        """Keep a subscriber's own no, of name and addresses, and set aside what waits.

        False when they had said this or a stronger one already, or are not known.
        """
        known = self._known_as(subscriber_id)
        if known is None:
            return False
        name, addresses = known
        keys = [_of_name(name), *map(_of_address, addresses)]
        news = [self._keep_no(key, why, now) for key in keys]
        self.connection.execute(
            sa.update(delivery)
            .where(
                delivery.c.subscriber_id == subscriber_id,
                delivery.c.state.in_(("waiting", "held")),
            )
            .values(state="suppressed", state_reason=UNSUBSCRIBED)
        )
        return any(news)

    def lift(
        self, name: str, addresses: Iterable[str], now: datetime, consent: str | None
    ) -> No | None:
        """End the no of a name and of addresses; return the strongest, None when there was none.

        Raises:
            UsageError: it is more than a pause, and ``consent`` does not say how it was taken back.
        """
        secret = self.secret()
        digests = [_hashed(secret, key) for key in (_of_name(name), *map(_of_address, addresses))]
        here = sa.and_(suppression.c.digest.in_(digests), suppression.c.lifted_at.is_(None))
        rows = self.connection.execute(sa.select(suppression).where(here)).all()
        strongest = max(rows, key=lambda row: _strength(row.why), default=None)
        if strongest is None:
            return None
        if strongest.why != PAUSED and not consent:
            raise UsageError(
                f"{name} {_in_words(strongest.why)} on {strongest.since:%Y-%m-%d}, which only "
                "they can take back: add --consent with how and when they said so"
            )
        self.connection.execute(
            sa.update(suppression).where(here).values(lifted_at=now, consent=consent)
        )
        return No(strongest.why, strongest.since)

    def leave_in(self, mailbox: str, names: Iterable[str], there: Collection[str]) -> None:
        """Remember mails that are left as they are, and forget those no longer ``there``."""
        left = sorted((self.left_in(mailbox) | set(names)) & set(there))
        row = {"key": _mailbox_key(mailbox), "value": codec.dumps(left)}
        upsert(self.connection, meta, row, key=["key"])

    def _known_as(self, subscriber_id: int) -> tuple[str, list[str]] | None:
        row = self.connection.execute(
            sa.select(subscriber.c.name, subscriber.c.email).where(subscriber.c.id == subscriber_id)
        ).first()
        if row is None:
            return None
        routed = self.connection.execute(
            sa.select(route.c.address).where(route.c.subscriber_id == subscriber_id)
        ).scalars()
        return str(row.name), mail_addresses([row.email, *routed])

    def _keep_no(self, key: str, why: str, now: datetime) -> bool:
        """Keep a no; False for one that holds already and is as strong."""
        digest = _hashed(self.secret(), key)
        known = self.connection.execute(
            sa.select(suppression.c.why).where(
                suppression.c.digest == digest, suppression.c.lifted_at.is_(None)
            )
        ).scalar()
        if known is not None and _strength(known) >= _strength(why):
            return False
        row = {"digest": digest, "why": why, "since": now, "lifted_at": None, "consent": None}
        upsert(self.connection, suppression, row, key=["digest"])
        return True


def mail_addresses(given: Iterable[str | None]) -> list[str]:
    """The mail addresses among what routes send to, once each.

    A room of a chat tool is no address of one person: their name stands for them there.
    """
    return list(dict.fromkeys(item for item in given if item and "@" in item))


def addresses_of(person: Subscriber) -> list[str]:
    """Every mail address of a person, used by a route or not."""
    return mail_addresses([person.email, *(item.to for item in person.routes)])


def _no_of(person: Subscriber, held: Mapping[str, No], secret: bytes) -> No | None:
    own = held.get(_hashed(secret, _of_name(person.name)))
    if own is not None:
        return own
    used = mail_addresses([item.to or person.email for item in person.routes])
    found = [held.get(_hashed(secret, _of_address(item))) for item in used]
    nos = [no for no in found if no is not None]
    if not nos or len(nos) < len(found):
        return None
    strongest = max(nos, key=lambda no: _strength(no.why))
    return No(strongest.why, strongest.since, of_address=True)


def _mailbox_key(folder: str) -> str:
    return f"mailbox {folder}"


def _strength(why: str) -> int:
    return STRENGTH.index(why) if why in STRENGTH else len(STRENGTH)


def _in_words(why: str) -> str:
    return "was erased" if why == ERASED else why


def _of_address(address: str) -> str:
    return address.strip().casefold()


def _of_name(name: str) -> str:
    """What stands for a name; no address has a line end in it."""
    return f"name\n{name.strip().casefold()}"


def _hashed(secret: bytes, key: str) -> str:
    return hmac.new(secret, key.encode(), sha256).hexdigest()
