"""One definition of a table or log layer; its Arrow schema, Spark schema and documentation are drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

DType = Literal[
    "string",
    "bool",
    "int32",
    "int64",
    "float32",
    "float64",
    "date",
    "timestamp",
    "list<string>",
    "list<float32>",
    "list<timestamp>",
    "map<string,float32>",
]

_ARROW: dict[str, pa.DataType] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "list<string>": pa.list_(pa.string()),
    "list<float32>": pa.list_(pa.float32()),
    "list<timestamp>": pa.list_(pa.timestamp("us", tz="UTC")),
    "map<string,float32>": pa.map_(pa.string(), pa.float32()),
}


@dataclass(frozen=True)
class Field:
    """One column. `minimum`/`maximum` are inclusive; an optional field may be null or absent."""

    name: str
    dtype: DType
    doc: str
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None

    def arrow(self) -> pa.Field:
        return pa.field(self.name, _ARROW[self.dtype], nullable=not self.required)


@dataclass(frozen=True)
class Contract:
    """A versioned table or log layer.

    `name` is the dotted table name (`silver.labelled`) or the layer's name (`impression`), `key` the columns that
    identify a row, `partition_by` the columns its files are divided by. Within a version only optional fields may be
    added; any other change is a new version.
    """

    name: str
    version: int
    doc: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    partition_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = self.names
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: a field is declared twice among {names}")
        unknown = {*self.key, *self.partition_by} - set(names)
        if unknown:
            raise ValueError(f"{self.name}: key or partition names no field: {sorted(unknown)}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """The field called `name`; raises KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name!r}")

    def arrow(self) -> pa.Schema:
        return pa.schema([field.arrow() for field in self.fields])

    def spark(self) -> StructType:
        """The same schema for Spark. Every column is nullable there: Delta enforces nothing we did not check."""
        from pyspark.sql.pandas.types import from_arrow_schema
        from pyspark.sql.types import StructField, StructType

        converted = from_arrow_schema(self.arrow())
        return StructType([StructField(field.name, field.dataType, True) for field in converted.fields])

    def extended(self, name: str, doc: str, extra: Sequence[Field], **changes: tuple[str, ...]) -> Contract:
        """A contract with `extra` fields after these; `changes` may give `key` and `partition_by`."""
        return Contract(
            name=name,
            version=self.version,
            doc=doc,
            fields=(*self.fields, *extra),
            key=changes.get("key", self.key),
            partition_by=changes.get("partition_by", self.partition_by),
        )
