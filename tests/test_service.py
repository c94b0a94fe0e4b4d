"""alertd as a system service: what its manager is told, its unit, and whose files it makes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alertd import config
from alertd.app import opened
from alertd.cli import USAGE
from alertd.config import Config
from alertd.daemon import GRACE, Daemon
from alertd.notify import Notifier
from alertd.store import Store
from alertd.store.lock import is_held, sole_use
from tests.daemon import MAIL, alertd, environment, start
from tests.httpserver import serving
from tests.manager import Manager
from tests.scene import almerys, configure, feed, now, person, source
from tests.smtpserver import SMTPServer
from tests.test_app import Gated, daemon

pytestmark = pytest.mark.slow
"""Each starts whole programs: half a second at least every time."""

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "systemd" / "alertd.service"
WORST = 13
"""Ten times the highest exposure score that is let pass."""
SHORT = timedelta(milliseconds=300)


def life(folder: Path) -> dict[str, str]:
    """The signs of life in a store."""
    with closing(sqlite3.connect(folder / "alertd.db")) as connection:
        rows = connection.execute("SELECT key, value FROM meta WHERE key LIKE '%\\_at' ESCAPE '\\'")
        return dict(rows)


# --- what the manager is told -----------------------------------------------------------------


@pytest.mark.parametrize("abstract", [False, True])
async def test_a_life_is_told_in_order(tmp_path: Path, abstract: bool) -> None:  # noqa: FBT001 - a parameter
    async with (
        serving({"/press": feed(almerys())}) as server,
        SMTPServer() as mail,
        Manager(tmp_path, abstract=abstract) as manager,
    ):
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        path = tmp_path / "alertd.toml"
        good = path.read_text()
        told = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000000"}
        async with daemon(tmp_path, **told) as running:
            assert await manager.next() == {
                "READY": "1",
                "STATUS": "Sources: 1, failing: 0; channels: 1; messages due: 0",
            }
            assert {"started_at", "alive_at"} <= life(tmp_path).keys(), "written before it is told"
            await manager.says("WATCHDOG", "1")
            await manager.says("WATCHDOG", "1")
            for text, outcome in (
                (f"{good}[nonsense]\n", "configuration kept"),
                (good, "configuration reloaded"),
            ):
                path.write_text(text)
                running.process.send_signal(signal.SIGHUP)
                assert (await manager.says("RELOADING"))["MONOTONIC_USEC"].isdigit()
                assert (await manager.says("READY"))["READY"] == "1"
                await running.says(outcome)
            await manager.says("WATCHDOG", "1")
            assert await running.end() == 0
        await manager.says("STOPPING", "1")
    words = [next(iter(said)) for said in manager.heard if set(said) != {"WATCHDOG"}]
    words = [word for word in words if word != "STATUS"]
    assert words == ["READY", "RELOADING", "READY", "RELOADING", "READY", "STOPPING"]
    assert "alive_at" not in life(tmp_path), "an orderly stop leaves no sign of life"


async def test_no_sign_of_life_is_given_while_the_store_cannot_be_written(tmp_path: Path) -> None:
    async with Manager(tmp_path) as manager, serving({}) as server:
        configure(tmp_path, server, None, polled=())
        told = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "2000000"}
        async with daemon(tmp_path, **told) as running:
            await manager.says("WATCHDOG", "1")
            with closing(sqlite3.connect(tmp_path / "alertd.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await manager.says("STATUS", "Not well: the store could not be written for")
                while_locked = [await manager.next() for _ in range(4)]
                other.execute("ROLLBACK")
            assert [said for said in while_locked if "WATCHDOG" in said] == []
            await manager.says("WATCHDOG", "1")
            assert '"no sign of life given"' in await running.says("no sign of life given")


@asynccontextmanager
async def short_of_time(folder: Path, manager: Manager, lease: timedelta) -> AsyncIterator[None]:
    """A daemon in this process whose mails are claimed for ``lease``, and which is ready."""
    told = config.load(folder / "alertd.toml", {}, folder)
    mail = told.channels["mail"]
    hasty = replace(mail, kind=replace(mail.kind, lease=lease))
    loaded: Config = replace(told, channels={"mail": hasty})
    async with opened(loaded) as app:
        notifier = Notifier(manager.address, 2 * SHORT)
        running = Daemon(app, lambda: loaded, notifier=notifier, margin=SHORT)
        task = asyncio.create_task(running.run())
        await manager.says("READY")
        try:
            yield
        finally:
            running.stop()
            await task


async def test_no_sign_of_life_is_given_while_a_lane_hangs_with_something_to_send(
    tmp_path: Path,
) -> None:
    async with (
        serving({"/press": feed(almerys())}) as server,
        Gated() as mail,
        Manager(tmp_path) as manager,
    ):
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        async with short_of_time(tmp_path, manager, SHORT):
            await mail.reached("final", 1)
            await manager.says("STATUS", "Not well: channel mail has stood still for")
            while_hung = [await manager.next() for _ in range(4)]
            assert [said for said in while_hung if "WATCHDOG" in said] == []
            mail.gate.set()
            await manager.says("WATCHDOG", "1")
    assert {got.recipient for got in mail.messages} == {"patient@example.org"}


async def test_a_server_that_is_slow_within_its_time_is_no_reason_to_be_ended(
    tmp_path: Path,
) -> None:
    async with (
        serving({"/press": feed(almerys())}) as server,
        Gated() as mail,
        Manager(tmp_path) as manager,
    ):
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        async with short_of_time(tmp_path, manager, timedelta(minutes=12)):
            await mail.reached("final", 1)
            for _ in range(6):
                await manager.says("WATCHDOG", "1")
            mail.gate.set()
    assert not any("Not well" in said.get("STATUS", "") for said in manager.heard)
    assert len(mail.messages) == 1


async def test_a_second_daemon_is_refused_and_says_nothing_to_the_manager(tmp_path: Path) -> None:
    async with Manager(tmp_path) as manager, serving({}) as server:
        configure(tmp_path, server, None, polled=())
        async with daemon(tmp_path):
            process = await start(tmp_path, "run", NOTIFY_SOCKET=manager.address)
            output, _ = await process.communicate()
            assert process.returncode == 1
            assert b"a daemon is running on this store" in output
        Notifier(manager.address).status("the end")
        assert (await manager.next())["STATUS"] == "the end"


async def test_what_only_a_restart_can_change_is_said_and_the_rest_is_taken(tmp_path: Path) -> None:
    pages = {"/press": feed()}
    async with serving(pages) as server, serving(pages) as other, SMTPServer() as mail:
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        path = tmp_path / "alertd.toml"
        text = path.read_text().replace("alertd.db", "other.db")
        text = text.replace(server.allow, other.allow).replace(server.url("/"), other.url("/"))
        async with daemon(tmp_path) as running:
            await running.says("source ")
            path.write_text(f'{text}[metrics]\nlisten = "127.0.0.1:9464"\n')
            pages["/press"] = feed(almerys())
            running.process.send_signal(signal.SIGHUP)
            line = await running.says("restart needed")
            assert '["database", "metrics.listen"]' in line
            await mail.reached("final", 1)
        assert not (tmp_path / "other.db").exists()


# --- status -----------------------------------------------------------------------------------


async def test_status_says_whether_a_daemon_runs(tmp_path: Path) -> None:
    async with serving({}) as server:
        configure(tmp_path, server, None, polled=())
        assert "daemon: not running\n" in (await alertd(tmp_path, "status"))[1]
        async with daemon(tmp_path) as running:
            code, text = await alertd(tmp_path, "status")
            assert code == 0
            assert "daemon: running since 20" in text
            assert ", last sign of life 20" in text
            running.process.kill()
            await running.process.wait()
        code, text = await alertd(tmp_path, "status")
        assert code == 1
        assert "daemon: ended without being stopped, last sign of life 20" in text
        assert text.endswith("start it again\n") or "start it again\n" in text
        assert (await alertd(tmp_path, "run", "--once"))[0] == 0
        code, text = await alertd(tmp_path, "status")
        assert (code, "daemon: not running\n" in text) == (0, True)


async def test_a_daemon_that_hangs_shows_in_status(tmp_path: Path) -> None:
    async with serving({}) as server:
        configure(tmp_path, server, None, polled=())
        path = tmp_path / "alertd.db"
        store = await Store.open(f"sqlite:///{path}", now())
        await store.run(lambda tx: tx.begin_life(now() - timedelta(hours=3)))
        await store.close()
        with sole_use(path):
            code, text = await alertd(tmp_path, "status")
    assert code == 1
    assert "daemon: no sign of life since 20" in text


def test_looking_at_the_lock_leaves_it_free(tmp_path: Path) -> None:
    path = tmp_path / "alertd.db"
    assert not is_held(path)
    with sole_use(path):
        assert is_held(path)
    assert not is_held(path)
    with sole_use(path):
        assert is_held(path)


# --- a configuration that cannot be read ------------------------------------------------------


async def test_a_start_without_a_readable_configuration_is_one_line_and_no_loop(
    tmp_path: Path,
) -> None:
    (tmp_path / "alertd.toml").mkdir()
    code, text = await alertd(tmp_path, "run")
    assert text.count("\n") == 1
    assert "alertd.toml: cannot be read: Is a directory" in text
    assert code == USAGE
    assert settings()["RestartPreventExitStatus"] == [str(USAGE)]


def test_a_configuration_that_is_only_for_root_is_one_line_with_what_to_do(
    open_folder: Path,
) -> None:
    python, path = interpreter()
    written = open_folder / "alertd.toml"
    written.write_text("")
    written.chmod(0o600)
    done = subprocess.run(
        [python, "-B", "-m", "alertd", "--config", str(written), "run"],
        env={**environment(open_folder), **path},
        cwd="/",
        user="nobody",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == USAGE
    assert done.stderr.count("\n") == 1
    assert "alertd.toml: cannot be read: Permission denied: give it to the group" in done.stderr


async def test_a_credential_is_read_and_one_that_is_missing_is_named(tmp_path: Path) -> None:
    async with SMTPServer(login=("alertd", "made-up")) as server:
        table = MAIL.format(port=server.port)
        table += 'username = "alertd"\npassword_credential = "smtp-password"\n'
        allow = f'[network]\nallow = ["127.0.0.1:{server.port}"]\n'
        top = "[polling]\nsources = []\n"
        (tmp_path / "alertd.toml").write_text(top + allow + table)
        known = {"CREDENTIALS_DIRECTORY": str(tmp_path), "STATE_DIRECTORY": str(tmp_path / "own")}
        missing = await start(tmp_path, "run", "--once", **known)
        output, _ = await missing.communicate()
        assert missing.returncode == USAGE
        assert b"password_credential: cannot read" in output
        (tmp_path / "smtp-password").write_text("made-up\n")
        process = await start(tmp_path, "run", "--once", **known)
        output, _ = await process.communicate()
        assert process.returncode == 0, output
        assert (tmp_path / "own" / "alertd.db").exists(), "the store is where the unit wants it"


# --- the unit ---------------------------------------------------------------------------------


def settings() -> dict[str, list[str]]:
    """The settings of the unit, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.partition("=")
        if sign and not name.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_leaves_time_for_what_the_daemon_does() -> None:
    unit = settings()
    assert int(unit["TimeoutStopSec"][0]) > GRACE.total_seconds()
    assert unit["Type"] == ["notify"]
    assert unit["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    user = unit["User"][0]
    assert f"\nu {user} " in (ROOT / "systemd" / "alertd.sysusers.conf").read_text()


def analyze(*words: str) -> str:
    """What systemd-analyze says, which must be content."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not here: apt-get install systemd")
    done = subprocess.run([tool, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_unit_is_hardened() -> None:
    said = analyze("security", "--offline=true", "--no-pager", f"--threshold={WORST}", str(UNIT))
    assert "Overall exposure level for alertd.service" in said


def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    program = Path(sys.executable).with_name("alertd")
    assert program.exists(), "installed with the tests"
    here.write_text(UNIT.read_text().replace("/opt/alertd/bin/alertd", str(program)))
    assert analyze("verify", str(here)) == ""


# --- whose files ------------------------------------------------------------------------------


def interpreter() -> tuple[str, dict[str, str]]:
    """A Python that everybody may run, with what alertd needs; skips where there is none."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    path = {"PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}", "PATH": os.environ["PATH"]}
    for python in (sys.executable, "/usr/bin/python3"):
        words = [python, "-c", "import sys, alertd.app, pydantic; print(sys.version_info[:2])"]
        try:
            done = subprocess.run(
                words, env=path, cwd="/", user="nobody", capture_output=True, text=True, check=False
            )
        except OSError:
            continue
        if done.stdout.strip() == str(sys.version_info[:2]):
            return python, path
    pytest.skip("nobody, a user without rights, can run no Python that has what alertd needs")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may look into, and nobody else write."""
    with tempfile.TemporaryDirectory(prefix="alertd-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def as_root(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run alertd as root with the configuration in ``folder``."""
    python, path = interpreter()
    return subprocess.run(
        [python, "-B", "-m", "alertd", *words],
        env={**environment(folder), **path},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def owners(folder: Path) -> dict[str, str]:
    return {path.name: path.owner() for path in sorted(folder.rglob("*"))}


def configured_for_root(folder: Path, database: str) -> None:
    """A configuration with a secret that only root can read."""
    secret = folder / "secret"
    secret.write_text("made-up-secret\n")
    secret.chmod(0o600)
    table = MAIL.format(port=2525) + 'username = "alertd"\npassword_file = "secret"\n'
    text = f'database = "sqlite:///{database}"\n[polling]\nsources = []\n'
    allow = '[network]\nallow = ["127.0.0.1:2525"]\n'
    (folder / "alertd.toml").write_text(text + allow + table)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["run --once", "status", "run --once --dry-run"])
def test_root_becomes_the_owner_of_the_stores_folder_before_it_makes_anything(
    open_folder: Path, words: str
) -> None:
    interpreter()
    state = open_folder / "state"
    state.mkdir(mode=0o700)
    shutil.chown(state, "nobody")
    configured_for_root(open_folder, str(state / "alertd.db"))
    done = as_root(open_folder, *words.split())
    assert done.returncode == 0, done.stderr
    made = owners(state)
    assert set(made.values()) <= {"nobody"}
    assert ("alertd.db" in made) is ("dry" not in words)


@pytest.mark.slow
def test_root_becomes_the_owner_of_a_store_in_a_folder_of_roots(open_folder: Path) -> None:
    interpreter()
    state = open_folder / "state"
    state.mkdir()
    configured_for_root(open_folder, str(state / "alertd.db"))
    assert as_root(open_folder, "run", "--once").returncode == 0
    assert set(owners(state).values()) == {"root"}, "what is root's stays root's"
    for path in (state, *state.iterdir()):
        shutil.chown(path, "nobody")
    shutil.chown(state, "root")
    done = as_root(open_folder, "status")
    assert done.returncode == 1, "as nobody it cannot write there, and says so"
    assert "give alertd's user" in done.stderr
    assert set(owners(state).values()) == {"nobody"}


def test_an_owner_who_cannot_read_the_program_is_told_in_one_line(open_folder: Path) -> None:
    python, path = interpreter()
    state, away = open_folder / "state", open_folder / "away"
    state.mkdir()
    shutil.chown(state, "nobody")
    shutil.copytree(ROOT / "alertd", away / "alertd")
    away.chmod(0o700)
    configured_for_root(open_folder, str(state / "alertd.db"))
    packages = f"{away}:{sysconfig.get_path('purelib')}"
    done = subprocess.run(
        [python, "-B", "-m", "alertd", "run", "--once"],
        env={**environment(open_folder), **path, "PYTHONPATH": packages},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "who cannot read" in done.stderr
