"""The channels of a file: each ``[channel.NAME]`` read by the settings of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from pydantic import BaseModel, SecretStr

from alertd import channels
from alertd.channels import ChannelSettings
from alertd.config.faults import Findings, choice
from alertd.config.ground import Ground
from alertd.config.model import ConfiguredChannel, NetworkSettings
from alertd.config.places import Path as Place
from alertd.config.secret import spellings, unlock
from alertd.config.words import handle, peer_of, plain_http
from alertd.core.transport import ChannelKind

EMBEDDED: Final = "file"
"""The kind, and the name, of the channel that is there when the file has none."""

MESSAGES: Final = "alertd-messages"
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
