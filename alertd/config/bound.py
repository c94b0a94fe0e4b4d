"""What a running daemon is bound to: settings that only a restart can change."""

from __future__ import annotations

from collections.abc import Mapping

from alertd.config.model import Config


def bound(config: Config) -> Mapping[str, str | None]:
    """The settings that are taken up at the start alone, by their keys in the file."""
    return {
        "database": config.database,
        "web.listen": config.web.listen if config.web else None,
        "metrics.listen": config.metrics.listen if config.metrics else None,
    }


def need_restart(running: Mapping[str, str | None], config: Config) -> list[str]:
    """The keys whose values in ``config`` differ from those that are ``running``."""
    return [key for key, value in bound(config).items() if running.get(key) != value]
