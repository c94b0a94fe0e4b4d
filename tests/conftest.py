"""What tests share: a real store, a clock that tests move, and no way out but loopback."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from alertd.store import Store, prepare

settings.register_profile("alertd", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("alertd")

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
LOOPBACK = ("127.", "::1", "localhost", "/", "\0")


@dataclass(slots=True)
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: tuple[str, int] | str) -> None:
        host = address[0] if isinstance(address, tuple) else address
        if not str(host).startswith(LOOPBACK):
            raise AssertionError(f"a test reached for {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store just made, to be copied."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    prepare(path)
    return path


@pytest.fixture
def store_path(empty_store: Path, tmp_path: Path) -> Path:
    path = tmp_path / "alertd.db"
    shutil.copyfile(empty_store, path)
    return path


@pytest.fixture
async def store(store_path: Path, clock: Clock) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{store_path}", clock())
    yield opened
    await opened.close()
