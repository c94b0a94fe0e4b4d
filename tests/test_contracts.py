"""What holds for the project as a whole: its layers, its sizes, its README, its speed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import typer.main

from alertd.cli import app
from tests.daemon import alertd, environment
from tests.httpserver import serving
from tests.scene import almerys, configure, feed, person, source
from tests.smtpserver import SMTPServer
from tests.test_app import daemon

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "alertd").rglob("*.py"))
VERSIONS = ROOT / "alertd" / "store" / "migrations" / "versions"
"""One statement a table, written once and never changed."""
TEXTS = [
    path
    for folder in ("alertd", "tests", "systemd", ".ci")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".toml", ".md", ".service", ""} and path.is_file()
]
HELP_SECONDS = 0.35
STATUS_SECONDS = 1.0
IDLE_MEBIBYTES = 83
POLL = 'every = "20s"\n'

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a module, with its lines."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, Function):
            assert node.end_lineno is not None
            yield f"{path.name}:{node.name}", node.end_lineno - node.lineno + 1


def commands(group: Any, words: str = "alertd") -> Iterator[str]:  # noqa: ANN401 - typer's own, whose home moves
    """Every command that exists, as it is typed."""
    for name, found in sorted(group.commands.items()):
        if hasattr(found, "commands"):
            yield from commands(found, f"{words} {name}")
        else:
            yield f"{words} {name}"


def test_layers_point_down_and_judgement_does_no_io() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_no_function_is_longer_than_sixty_lines_and_the_median_is_under_ten() -> None:
    written = [path for path in MODULES if path.parent != VERSIONS]
    lengths = dict(item for path in written for item in functions(path))
    assert {name: lines for name, lines in lengths.items() if lines > 60} == {}
    assert median(lengths.values()) < 10


def test_no_module_is_longer_than_five_hundred_lines() -> None:
    lengths = {str(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {path: lines for path, lines in lengths.items() if lines > 500} == {}


def handlers() -> Iterator[tuple[str, ast.ExceptHandler, str]]:
    """Each except clause: its module, itself, and what it catches."""
    for path in MODULES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler):
                caught = "everything" if node.type is None else ast.unparse(node.type)
                yield path.name, node, caught


def test_only_the_two_places_that_isolate_work_catch_everything() -> None:
    found = [name for name, _, caught in handlers() if caught in {"Exception", "everything"}]
    assert sorted(found) == ["daemon.py", "pipeline.py"]


def test_who_cleans_up_after_anything_lets_it_go_on() -> None:
    last = [(name, node.body[-1]) for name, node, caught in handlers() if caught == "BaseException"]
    assert [name for name, line in last if ast.unparse(line) != "raise"] == []


def test_nothing_is_left_to_be_done_later() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    texts = [path for path in TEXTS if path != Path(__file__)]
    assert [str(path) for path in texts if marks.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("command", list(commands(typer.main.get_command(app))))
def test_the_readme_shows_every_command(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def quickest(folder: Path, *words: str) -> float:
    """How long a command takes, in seconds, when everything is warm and nothing is in its way."""
    return min(seconds(folder, *words) for _ in range(3))


def seconds(folder: Path, *words: str) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "alertd", *words],
        env=dict(environment(folder)),
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - start


@pytest.mark.slow
async def test_help_and_status_are_there_at_once(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        configure(tmp_path, server, mail, source(server, "press"), person("patient"))
        assert (await alertd(tmp_path, "run", "--once"))[0] == 10
    assert quickest(tmp_path, "--help") < HELP_SECONDS
    assert quickest(tmp_path, "status") < STATUS_SECONDS


def mebibytes(pid: int) -> float:
    """The proportional set size of a process and its children."""
    home = Path("/proc") / str(pid)
    children = (home / "task" / str(pid) / "children").read_text().split()
    rollup = (home / "smaps_rollup").read_text()
    own = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    assert own is not None
    return int(own[1]) / 1024 + sum(mebibytes(int(child)) for child in children)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_an_idle_daemon_is_small(tmp_path: Path) -> None:
    async with serving({"/press": feed(almerys())}) as server, SMTPServer() as mail:
        table = source(server, "press").replace('every = "1s"\n', POLL)
        configure(tmp_path, server, mail, table, person("patient"))
        async with daemon(tmp_path) as running:
            await mail.reached("final", 1)
            await running.says("source polled", 2)  # by then it has been idle for a while
            assert mebibytes(running.process.pid) < IDLE_MEBIBYTES
