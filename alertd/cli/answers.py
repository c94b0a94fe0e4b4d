"""The five questions of ``alertd init``, and what their answers mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import SplitResult

from alertd.config.words import (
    COUNTRIES,
    address,
    country,
    host_port,
    language,
    languages,
    split,
    text,
)
from alertd.errors import UsageError

if TYPE_CHECKING:
    from alertd.core.transport import Hook

Ask = Callable[[str, str], str]
T = TypeVar("T")

TRIES: Final = 3
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LOCALE: Final = re.compile(r"([a-z]{2})(?:_([A-Z]{2}))?")
_SUBMISSION, _RELAY, _HTTPS = 587, 25, 443


@dataclass(frozen=True, slots=True)
class Way:
    """How messages go: by an SMTP server, by a chat tool at its secret ``url``, or as files."""

    server: str = ""
    chat: str = ""
    url: str = field(default="", repr=False)

    @property
    def channel(self) -> str:
        """The name of the channel in the file."""
        return "mail" if self.server else "team" if self.chat else "folder"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked."""

    mail: str
    language: str
    country: str
    organisations: tuple[str, ...]
    way: Way


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
        way=_until_good(
            ask,
            "Which SMTP server sends the mail (host or host:port), or which "
            f"{_either(_hooks())} webhook gets the messages (its address; empty: a folder of "
            "files)?",
            "",
            _way,
        ),
    )


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


def _hooks() -> dict[str, Hook]:
    """What the addresses of each chat tool look like."""
    from alertd.channels import kinds

    return {name: kind.hook for name, kind in kinds().items() if kind.hook is not None}


def _either(names: Iterable[str]) -> str:
    *others, last = (name.capitalize() for name in names)
    return f"{', '.join(others)} or {last}"


def _way(answer: str) -> Way:
    if "://" not in answer:
        return Way(server=_server(answer))
    parts = split(answer)
    if parts is None or parts.scheme != "https":
        raise ValueError("write the whole address of the webhook, which begins with https://")
    return Way(chat=_chat(parts), url=answer)


def _chat(parts: SplitResult) -> str:
    """The chat tool whose address this is; the address is a secret and in no error."""
    port = f":{parts.port}" if parts.port not in {None, _HTTPS} else ""
    query = f"?{parts.query}" if parts.query else ""
    target = f"{parts.hostname}{port}{parts.path}{query}"
    hooks = _hooks()
    for name, hook in hooks.items():
        if hook.retired and re.fullmatch(hook.retired, target):
            raise ValueError(f"that address at {parts.hostname} {hook.instead}")
        if re.fullmatch(hook.pattern, target):
            return name
    raise ValueError(
        f"that is no webhook of {_either(hooks)}: copy its whole address again, or leave this "
        "empty and add the channel later, as config.example.toml shows"
    )


def _server(answer: str) -> str:
    if not answer or not host_port(answer if ":" in answer else f"{answer}:{_SUBMISSION}"):
        return ""
    local = answer.lower().rpartition(":")[0] in LOOPBACK or answer.lower() in LOOPBACK
    return host_port(answer if ":" in answer else f"{answer}:{_RELAY if local else _SUBMISSION}")
