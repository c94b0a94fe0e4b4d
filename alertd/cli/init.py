"""``alertd init``: five questions, and a first ``alertd.toml`` that works."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from alertd.cli.answers import LOOPBACK, Answers, Ask, question
from alertd.errors import UsageError

SYSTEM: Final = Path("/etc")
MESSAGES: Final = "alertd-messages"
STATE: Final = "/var/lib/alertd"
"""Where a service writes, which may not beside a file in /etc."""

_SMTPS: Final = 465


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
    hook = path.with_name(f"{path.stem}.{answers.way.chat}-url")
    if answers.way.chat:
        write(hook, f"{answers.way.url}\n", force=force)
    try:
        write(path, compose(answers, state, hook.name), force=force)
    except UsageError:
        if answers.way.chat:
            hook.unlink()
        raise
    return path


def compose(answers: Answers, state: str = "", hook: str = "") -> str:
    """The text of the file; ``state`` is where the service writes, empty for no service.

    ``hook`` names the file beside this one that holds the address of a chat tool.
    """
    messages = f"{state}/{MESSAGES}" if state else MESSAGES
    channel = _channel(answers, messages, hook)
    return "\n".join((*_head(answers, state), *channel, *_subscriber(answers), ""))


def _channel(answers: Answers, folder: str, hook: str) -> tuple[str, ...]:
    if answers.way.server:
        return _mail_channel(answers)
    return _chat_channel(answers, hook) if answers.way.chat else _file_channel(folder)


def _head(answers: Answers, state: str) -> tuple[str, ...]:
    to = "" if answers.way.chat else f", to = {_quoted(answers.mail)}"
    store = f'database = "sqlite:///{state}/alertd.db"  # the one of the service and of commands'
    return (
        "# alertd: who is told of which breaches, and how.",
        "# `alertd check` looks this file over; config.example.toml has every option.",
        "",
        *((store,) if state else ()),
        f"contact  = {_quoted(answers.mail)}  # in mails, and told to the sites we ask",
        "# Gets what alertd itself has trouble with:",
        f"operator = {{channel = {_quoted(answers.way.channel)}{to}}}",
        "",
    )


def _file_channel(folder: str) -> tuple[str, ...]:
    return (
        "[channel.folder]  # each message as .eml, .html and .json, until mail is set up",
        'kind   = "file"',
        f"folder = {_quoted(folder)}  # a relative one is beside this file",
        "",
    )


def _chat_channel(answers: Answers, hook: str) -> tuple[str, ...]:
    return (
        "[channel.team]",
        f"kind     = {_quoted(answers.way.chat)}",
        f"url_file = {_quoted(hook)}  # beside this file; the address is a secret",
        "# If you alone read it: messages then name your watches and what to do first.",
        "#shared = false",
        "",
    )


def _mail_channel(answers: Answers) -> tuple[str, ...]:
    host, _, port = answers.way.server.rpartition(":")
    local = host in LOOPBACK
    allow = f"[network]\nallow = [{_quoted(answers.way.server)}]  # plain SMTP, to here only\n"
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
        *(('routes   = [{channel = "team"}]',) if answers.way.chat else ()),
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
