"""Commands run in the process of a test, in a folder of its own, with nothing to poll."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from alertd.cli import main
from tests.daemon import MAIL, environment

Said = tuple[int, str, str]
Say = Callable[..., Said]
HEAD = 'database = "sqlite:///alertd.db"\n[polling]\nsources = []\n'


def write_config(folder: Path, *tables: str, top: str = "") -> Path:
    """A configuration with a mail server that nobody reaches."""
    allow = '[network]\nallow = ["127.0.0.1:9"]\n'
    path = folder / "alertd.toml"
    path.write_text("".join((top, HEAD, allow, MAIL.format(port=9), *tables)), encoding="utf-8")
    return path


def sayer(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """What runs a command there: exit code, output, errors."""

    def say(*words: str, stdin: bytes = b"") -> Said:
        monkeypatch.setattr(sys, "argv", ["alertd", *words])
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin)))
        monkeypatch.chdir(folder)
        for key, value in environment(folder).items():
            monkeypatch.setenv(key, value)
        try:
            code = main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return say


def complaint(said: Said, code: int = 2) -> str:
    """The one line that a command said before it gave up."""
    assert said[0] == code, said
    assert said[1] == ""
    line, end, more = said[2].partition("\n")
    assert (end, more) == ("\n", "")
    assert line.startswith("alertd: ")
    return line.removeprefix("alertd: ")
