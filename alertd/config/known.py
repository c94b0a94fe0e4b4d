"""What the file says of organisations, as watches are widened by it."""

from __future__ import annotations

from alertd.config.model import Config
from alertd.core.widen import Known, Registry


def registry(config: Config) -> Registry:
    """What the configuration knows of organisations, for watches to be widened by."""
    return Registry(
        tuple(
            Known(
                name=item.name,
                also=(*item.aliases, *item.domains),
                tags=item.tags,
                suppliers={supplier.name: supplier.data_types for supplier in item.suppliers},
            )
            for item in config.organisations
        )
    )
