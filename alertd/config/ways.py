"""The channels of a file: each ``[channel.NAME]`` read by the settings of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import SplitResult

from pydantic import BaseModel, SecretStr

from alertd import channels
from alertd.channels import ChannelSettings
from alertd.config.faults import Findings, choice, quoted
from alertd.config.ground import Ground
from alertd.config.model import ConfiguredChannel, NetworkSettings
from alertd.config.places import Path as Place
from alertd.config.secret import spellings, unlock
from alertd.config.words import handle, peer_of, plain_http, split
from alertd.core.transport import ChannelKind

EMBEDDED: Final = "file"
"""The kind, and the name, of the channel that is there when the file has none."""

MESSAGES: Final = "alertd-messages"
HTTPS: Final = 443
LONG: Final = 24
"""Of a web address with a longer tail than this, the last four characters may be shown."""
FOLDERS: Final = ("folder", "maildir")
"""Settings that are paths; relative ones start at the folder of the file."""


def read_channels(
    tables: Mapping[str, Any], ground: Ground, network: NetworkSettings, found: Findings
) -> dict[str, ConfiguredChannel]:
    """Every channel that can be used, by name; the embedded one where the file names none."""
    if not tables:
        return {EMBEDDED: _embedded(ground)}
    read = (_channel(name, table, ground, found) for name, table in tables.items())
    configured = {item.name: item for item in read if item}
    for item in configured.values():
        check_plain(item, network, found)
        check_hook(item, network, found)
        _warn_unsigned(item, found)
    return configured


def kinds_named(tables: Mapping[str, Any], usable: Mapping[str, object]) -> dict[str, str | None]:
    """The kind of each channel that the file names; None where its table is at fault."""
    if not tables:
        return {EMBEDDED: EMBEDDED}
    return {name: tables[name]["kind"] if name in usable else None for name in tables}


def _embedded(ground: Ground) -> ConfiguredChannel:
    kind = channels.kinds()[EMBEDDED]
    folder = str(ground.state / MESSAGES)
    settings = kind.settings.model_validate({"kind": EMBEDDED, "folder": folder})
    return ConfiguredChannel(
        name=EMBEDDED, kind=kind, settings=cast("ChannelSettings", settings), shared=kind.shared
    )


def _channel(name: str, table: object, ground: Ground, found: Findings) -> ConfiguredChannel | None:
    base: Place = ("channel", name)
    kind = _kind(table, base, found)
    try:
        handle(name)
    except ValueError as error:
        found.fault(base, str(error))
        return None
    if kind is None or not isinstance(table, Mapping):
        return None
    unlocked = unlock(kind.settings, table, base, ground.vault, found)
    placed = _placed(unlocked.table, ground.folder)
    also = spellings(kind.settings)
    settings = (
        found.read(kind.settings, placed, base, also=also, ignore=unlocked.unread)
        if ground.vault.opened or not unlocked.unread
        else _sealed(kind.settings, placed, base, unlocked.unread, found)
    )
    if settings is None:
        return None
    return ConfiguredChannel(
        name=name,
        kind=kind,
        settings=cast("ChannelSettings", settings),
        shared=_shared(settings, kind),
        unread=unlocked.unread,
    )


def _kind(table: object, base: Place, found: Findings) -> ChannelKind | None:
    known = channels.kinds()
    if not isinstance(table, Mapping):
        found.fault(base, "write a table: [channel.NAME] with kind and settings")
        return None
    kind = table.get("kind")
    if kind is None:
        found.fault((*base, "kind"), f"is missing; write one of: {', '.join(known)}")
    elif kind not in known:
        found.fault((*base, "kind"), f"kind {choice(kind, known)}")
    return known.get(str(kind))


def _placed(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return {
        key: str(folder / value) if key in FOLDERS and value and isinstance(value, str) else value
        for key, value in table.items()
    }


def _sealed(
    model: type[BaseModel],
    table: Mapping[str, Any],
    base: Place,
    unread: tuple[str, ...],
    found: Findings,
) -> BaseModel | None:
    """The settings without secrets that nobody wants to use now."""
    trial = Findings()
    trial.read(model, table, base, also=spellings(model), ignore=unread)
    found.faults.extend(trial.faults)
    return None if trial.faults else model.model_construct(**table)


def _shared(settings: BaseModel, kind: ChannelKind) -> bool:
    said = getattr(settings, "shared", None)
    return kind.shared if said is None else bool(said)


def check_plain(channel: ConfiguredChannel, network: NetworkSettings, found: Findings) -> None:
    """Nothing leaves unencrypted but to hosts that the operator allowed by name."""
    settings, base = channel.settings, ("channel", channel.name)
    if getattr(settings, "security", None) == "none":
        peer = peer_of(str(getattr(settings, "host", "")), int(getattr(settings, "port", 0)))
        if peer not in network.allow:
            found.fault(
                (*base, "security"),
                f'would send in clear: write "starttls" or "tls", or add "{peer}" to network.allow',
            )
    url = getattr(settings, "url", None)
    plain = plain_http(url.get_secret_value() if isinstance(url, SecretStr) else str(url or ""))
    if plain is not None and plain not in network.allow:
        found.fault(
            (*base, "url"), f'would send in clear: write https, or add "{plain}" to network.allow'
        )


def check_hook(channel: ConfiguredChannel, network: NetworkSettings, found: Findings) -> None:
    """Note a web address that is not one of the channel's kind, by its host and its end only.

    Any address on a host that the operator allowed by name is taken.
    """
    url = getattr(channel.settings, "url", None)
    parts = split(url.get_secret_value()) if isinstance(url, SecretStr) else None
    if parts is None or peer_of(parts.hostname or "", _port(parts)) in network.allow:
        return
    fault = _wrong_hook(channel.kind, parts) if parts.scheme == "https" else None
    if fault is not None:
        found.fault(("channel", channel.name, "url"), fault)


def _wrong_hook(own: ChannelKind, parts: SplitResult) -> str | None:
    """What is wrong with the address of a channel of the kind ``own``, and what mends it."""
    port = "" if _port(parts) == HTTPS else f":{_port(parts)}"
    query = f"?{parts.query}" if parts.query else ""
    target = f"{parts.hostname}{port}{parts.path}{query}"
    for kind in channels.kinds().values():
        if kind.hook and kind.hook.retired and re.fullmatch(kind.hook.retired, target):
            return f"{_shown(parts)} {kind.hook.instead}"
        if kind is not own and kind.hook and re.fullmatch(kind.hook.pattern, target):
            return f'{_shown(parts)} is an address of {kind.kind}: write kind = "{kind.kind}"'
    if own.hook is None or re.fullmatch(own.hook.pattern, target):
        return None
    peer = peer_of(parts.hostname or "", _port(parts))
    return (
        f"{_shown(parts)} is no address of {own.kind}: copy one such as {own.hook.example}; "
        f'if it is a server of your own, add "{peer}" to network.allow'
    )


def _port(parts: SplitResult) -> int:
    return parts.port or (HTTPS if parts.scheme == "https" else 80)


def _shown(parts: SplitResult) -> str:
    """The host of an address and, of a long one, its last characters: the rest is a secret."""
    tail = f"{parts.path}{parts.query}"
    return quoted(f"{parts.hostname}/…{tail[-4:]}" if len(tail) > LONG else parts.hostname)


def _warn_unsigned(channel: ConfiguredChannel, found: Findings) -> None:
    """A receiver cannot tell what is not signed from what somebody else sent it."""
    known = "secret" in type(channel.settings).model_fields and "secret" not in channel.unread
    if known and getattr(channel.settings, "secret", None) is None:
        found.warn(
            ("channel", channel.name),
            "is not signed, so its receiver cannot tell our messages from others: add secret "
            "(make one with: echo whsec_$(openssl rand -base64 32))",
        )
