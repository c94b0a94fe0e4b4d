"""The configuration as frozen values: one class per table of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from alertd.channels import ChannelSettings
from alertd.config.words import (
    Address,
    Country,
    Domain,
    HostPort,
    Language,
    Network,
    Text,
    Timezone,
    WebUrl,
)
from alertd.core.duration import Duration
from alertd.core.feed import Source
from alertd.core.model import DataType
from alertd.core.people import Subscriber
from alertd.core.transport import ChannelKind

DEFAULT: Final = "default"
"""The word in ``polling.sources`` that stands for the shipped set and the operator's own."""


def _blank(value: object) -> object:
    """An empty text stands for a value that is not given."""
    return None if value == "" else value


Blank: Final = BeforeValidator(_blank)


class Table(BaseModel):
    """A table of the file: unknown keys are faults, values never change."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )


class OperatorSettings(Table):
    """Who runs alertd: gets dead letters, sick sources and suspended routes."""

    channel: Text
    to: Text | None = None


class PollingSettings(Table):
    """Which sources are polled, and what counts as news on first contact."""

    sources: tuple[Text, ...] = (DEFAULT,)
    lookback: Duration = timedelta(days=7)
    floor: Duration = timedelta(seconds=60)


class NetworkSettings(Table):
    """Exceptions to the private-address guard, and the proxy."""

    allow: tuple[HostPort, ...] = ()
    proxy: Annotated[str, Field(repr=False)] = ""


class WebSettings(Table):
    """The web pages."""

    listen: HostPort
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1",)
    show_claims: bool = False


class MetricsSettings(Table):
    """Health, metrics and the dead-man ping."""

    listen: HostPort
    ping_url: Annotated[str, Field(repr=False)] = ""


class DeliverySettings(Table):
    """How fast messages are retried, and how many one person gets."""

    retry_scale: Annotated[float, Field(gt=0)] = 1.0
    alerts_per_hour: Annotated[int, Field(ge=1)] = 20


class RetentionSettings(Table):
    """How long what is no longer needed is kept."""

    reports: Duration = timedelta(days=730)
    deliveries: Duration = timedelta(days=90)
    audit: Duration = timedelta(days=730)


class SupplierSettings(Table):
    """A supplier of an organisation, and what it holds."""

    name: Text
    data_types: frozenset[DataType] = frozenset()


class OrganisationSettings(Table):
    """What the operator knows about an organisation."""

    name: Text
    aliases: tuple[Text, ...] = ()
    domains: tuple[Domain, ...] = ()
    tags: tuple[Text, ...] = ()
    suppliers: tuple[SupplierSettings, ...] = ()


class General(Table):
    """The top of the file: its plain keys, and the tables that occur once."""

    database: Annotated[SecretStr | None, Blank] = None
    public_url: Annotated[WebUrl | None, Blank] = None
    contact: Annotated[Address | None, Blank] = None
    language: Language = "en"
    country: Annotated[Country | None, Blank] = None
    timezone: Timezone = "UTC"
    operator: OperatorSettings | None = None
    polling: PollingSettings = PollingSettings()
    network: NetworkSettings = NetworkSettings()
    web: WebSettings | None = None
    metrics: MetricsSettings | None = None
    delivery: DeliverySettings = DeliverySettings()
    retention: RetentionSettings = RetentionSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredChannel:
    """A way out: a kind with its settings, under the operator's name for it.

    ``unread`` names the secrets that could not be read; only ``load(secrets=False)``
    leaves any, and such a channel cannot send.
    """

    name: str
    kind: ChannelKind
    settings: ChannelSettings
    shared: bool
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that the operator decided, with every default filled in.

    ``path`` is None for the built-in defaults; ``sources`` is the set that is polled;
    ``warnings`` are lines for ``alertd check`` on what works but should be looked at.
    """

    path: Path | None
    database: str = field(repr=False)
    public_url: str | None = None
    contact: str | None = None
    language: str = "en"
    country: str | None = None
    timezone: str = "UTC"
    operator: OperatorSettings | None = None
    polling: PollingSettings = field(default_factory=PollingSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    web: WebSettings | None = None
    metrics: MetricsSettings | None = None
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    sources: tuple[Source, ...] = ()
    channels: Mapping[str, ConfiguredChannel] = field(default_factory=dict)
    organisations: tuple[OrganisationSettings, ...] = ()
    subscribers: tuple[Subscriber, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()
