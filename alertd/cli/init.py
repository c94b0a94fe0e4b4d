"""``alertd init``: five questions, and a first ``alertd.toml`` that works."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from alertd.config.words import COUNTRIES, address, country, host_port, language, languages, text
from alertd.errors import UsageError

Ask = Callable[[str, str], str]
T = TypeVar("T")

TRIES: Final = 3
SYSTEM: Final = Path("/etc")
MESSAGES: Final = "alertd-messages"
STATE: Final = "/var/lib/alertd"
"""Where a service writes, which may not beside a file in /etc."""

_LOCALE: Final = re.compile(r"([a-z]{2})(?:_([A-Z]{2}))?")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SUBMISSION, _SMTPS, _RELAY = 587, 465, 25


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked; ``server`` is empty for a folder of files."""

    mail: str
    language: str
    country: str
    organisations: tuple[str, ...]
    server: str


def run(path: Path, ask: Ask, force: bool, environ: Mapping[str, str]) -> Path:
    """Ask five questions and write the configuration to ``path``; return it.

    Args:
        path: The file to write.
        ask: Puts a question with its default and returns the answer.
        force: Whether a file that is there may be replaced.
        environ: The environment, whose locale gives the defaults.

    Raises:
        UsageError: there is a file already, it cannot be written, or an answer was no use
            three times.
    """
    if not force and (path.exists() or path.is_symlink()):
        raise UsageError(f"{path}: there is a file already; use --force to replace it")
    answers = question(ask, environ)
    state = STATE if path.absolute().is_relative_to(SYSTEM) else ""
    write(path, compose(answers, state), force=force)
    return path


def question(ask: Ask, environ: Mapping[str, str]) -> Answers:
    """Put the five questions; one is put again when its answer is no use."""
    spoken, lived = locale(environ)
    return Answers(
        mail=_until_good(ask, "Who should be told (mail address)?", "", address),
        language=_until_good(
            ask, f"In which language ({', '.join(languages())})?", spoken, language
        ),
        country=_until_good(
            ask, "In which country does the reader live (two letters, - for none)?", lived, _place
        ),
        organisations=_until_good(
            ask,
            "Which organisations to watch (with commas between; empty: any that leaks numbers "
            "of identity, health or money)?",
            "",
            _names,
        ),
        server=_until_good(
            ask, "Which SMTP server sends the mail (host or host:port; empty: a folder of files)?",
            "",
            _server,
        ),
    )  # fmt: skip


def locale(environ: Mapping[str, str]) -> tuple[str, str]:
    """The language and the country of the environment, as far as alertd knows them."""
    name = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    found = _LOCALE.match(name)
    spoken, lived = (found[1], found[2] or "") if found else ("", "")
    return (spoken if spoken in languages() else "en"), (lived if lived in COUNTRIES else "-")


def _until_good(ask: Ask, words: str, default: str, read: Callable[[str], T]) -> T:
    prompt, fault = words, ""
    for _ in range(TRIES):
        try:
            return read(ask(prompt, default).strip())
        except ValueError as error:
            fault = str(error)
            prompt = f"{fault}. {words}"
    raise UsageError(f"{words} {fault}")


def _place(answer: str) -> str:
    return "" if answer in {"", "-"} else country(answer)


def _names(answer: str) -> tuple[str, ...]:
    return tuple(text(name) for name in answer.split(",") if name.strip())


def _server(answer: str) -> str:
    if not answer or not host_port(answer if ":" in answer else f"{answer}:{_SUBMISSION}"):
        return ""
    local = answer.lower().rpartition(":")[0] in _LOOPBACK or answer.lower() in _LOOPBACK
    return host_port(answer if ":" in answer else f"{answer}:{_RELAY if local else _SUBMISSION}")


def compose(answers: Answers, state: str = "") -> str:
    """The text of the file; ``state`` is where the service writes, empty for no service."""
    messages = f"{state}/{MESSAGES}" if state else MESSAGES
    channel = _mail_channel(answers) if answers.server else _file_channel(messages)
    return "\n".join((*_head(answers, state), *channel, *_subscriber(answers), ""))


def _head(answers: Answers, state: str) -> tuple[str, ...]:
    channel = "mail" if answers.server else "folder"
    store = f'database = "sqlite:///{state}/alertd.db"  # the one of the service and of commands'
    return (
        "# alertd: who is told of which breaches, and how.",
        "# `alertd check` looks this file over; config.example.toml has every option.",
        "",
        *((store,) if state else ()),
        f"contact  = {_quoted(answers.mail)}  # in mails, and told to the sites we ask",
        "# Gets what alertd itself has trouble with:",
        f"operator = {{channel = {_quoted(channel)}, to = {_quoted(answers.mail)}}}",
        "",
    )


def _file_channel(folder: str) -> tuple[str, ...]:
    return (
        "[channel.folder]  # each message as .eml, .html and .json, until mail is set up",
        'kind   = "file"',
        f"folder = {_quoted(folder)}  # a relative one is beside this file",
        "",
    )


def _mail_channel(answers: Answers) -> tuple[str, ...]:
    host, _, port = answers.server.rpartition(":")
    local = host in _LOOPBACK
    allow = f"[network]\nallow = [{_quoted(answers.server)}]  # plain SMTP, to here only\n"
    security = "none" if local else "tls" if int(port) == _SMTPS else "starttls"
    return (
        *((allow,) if local else ()),
        "[channel.mail]",
        'kind     = "email"',
        f"host     = {_quoted(host)}",
        f"port     = {port}",
        f"security = {_quoted(security)}  # starttls or tls; none only to allowed hosts",
        f"from     = {_quoted(f'alertd <{answers.mail}>')}  # an address this server may send from",
        "# If the server wants a login (chmod 600 the file of the password):",
        f"#username = {_quoted(answers.mail)}",
        '#password_file = "/etc/alertd/smtp-password"',
        "",
    )


def _subscriber(answers: Answers) -> tuple[str, ...]:
    return (
        "[[subscriber]]",
        'name     = "me"',
        f"email    = {_quoted(answers.mail)}",
        f"language = {_quoted(answers.language)}",
        f"country  = {_quoted(answers.country)}  # decides advice and telephone numbers",
        'role     = "individual"  # or association, privacy, security, vendor-risk',
        "",
        "  [[subscriber.watch]]",
        *(f"  {line}" for line in _watch(answers)),
    )


def _watch(answers: Answers) -> tuple[str, ...]:
    if answers.organisations:
        return (
            'name = "my organisations"',
            f"organisations = [{', '.join(map(_quoted, answers.organisations))}]",
            "# Only when these leak (all kinds if left out):",
            '#data_types = ["national-id", "bank-account"]',
        )
    return (
        'name = "sensitive numbers"',
        'data_types = ["national-id", "identity-document", "health", "bank-account"]',
        *((f"countries = [{_quoted(answers.country)}]",) if answers.country else ()),
        "# Only these organisations:",
        '#organisations = ["Almerys"]',
    )


def _quoted(value: str) -> str:
    """A TOML string; what JSON escapes, TOML reads alike."""
    return json.dumps(value, ensure_ascii=False)


def write(path: Path, content: str, *, force: bool) -> None:
    """Write the file whole, for its owner alone (and its group, when root writes it).

    Raises:
        UsageError: it cannot be written there.
    """
    mode = 0o640 if os.geteuid() == 0 else 0o600
    target = path.with_name(f".{path.name}.new") if force else path
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
        if force:
            target.replace(path)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from error
