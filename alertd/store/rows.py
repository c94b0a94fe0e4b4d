"""What the tables are made of: columns, keys, times, and how a model becomes a table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Final, cast

from pydantic.fields import FieldInfo
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    MetaData,
    Table,
    TypeDecorator,
)
from sqlalchemy.schema import SchemaItem
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig
from sqlmodel.main import get_column_from_field

from alertd.core.outbox import State, StateReason
from alertd.core.people import Kind

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; a naive one is refused, since nobody could say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times and store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was given to the store")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's own signature
        """Give back UTC whatever the database kept of the zone."""
        del dialect
        if value is None:
            return None
        moment = cast("datetime", value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


METADATA: Final = MetaData(naming_convention=NAMING)


class Row(SQLModel):
    """What all tables share.

    Rows are never objects here: they are written and read by Core statements, so the models
    only describe the tables, and no mapper has to be set up each time a command starts.
    """

    model_config = SQLModelConfig(defer_build=True)
    __table_args__: ClassVar[tuple[object, ...]] = ()


def one_of(column: str, values: type[State | StateReason | Kind]) -> CheckConstraint:
    """A check that a column holds a value of an enum."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)


def key_of(table: str, **kwargs: Any) -> Any:  # noqa: ANN401 - what SQLModel's Field takes and gives
    """A column that names a row of a table, and goes with it."""
    return Field(sa_column_args=[ForeignKey(f"{table}.id", ondelete="CASCADE")], **kwargs)


def table_of(row: type[Row]) -> Table:
    """The table that a model describes."""
    parts = row.__table_args__
    options: dict[str, Any] = next((part for part in parts if isinstance(part, dict)), {})
    rest = [part for part in parts if isinstance(part, SchemaItem)]
    columns = [_column(name, field) for name, field in row.model_fields.items()]
    return Table(str(row.__tablename__), METADATA, *columns, *rest, **options)


def _column(name: str, field: FieldInfo) -> Column[Any]:
    column: Column[Any] = get_column_from_field(field)
    column.name = column.key = name
    return column
