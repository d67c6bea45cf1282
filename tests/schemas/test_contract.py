"""One definition yields the Arrow and the Spark schema, and a wrong definition is refused when it is made."""

from __future__ import annotations

import pyarrow as pa
import pytest

from schemas.contract import Contract, Field
from schemas.logs import EVENT_TIME, LAYERS, layer
from schemas.tables import BRONZE, FORECAST, LEDGER, QUARANTINE, dimension, labelled

EVERY = Contract(
    name="made_up",
    version=2,
    doc="every type",
    key=("s",),
    fields=(
        Field("s", "string", "", required=True),
        Field("b", "bool", ""),
        Field("i", "int32", ""),
        Field("l", "int64", ""),
        Field("f", "float32", ""),
        Field("d", "float64", ""),
        Field("day", "date", ""),
        Field("at", "timestamp", ""),
        Field("ls", "list<string>", ""),
        Field("lf", "list<float32>", ""),
        Field("lt", "list<timestamp>", ""),
        Field("m", "map<string,float32>", ""),
    ),
)
TABLES = [
    *LAYERS,
    *BRONZE.values(),
    QUARANTINE,
    LEDGER,
    FORECAST,
    labelled(["click"]),
    *(dimension(one) for one in LAYERS[-2:]),
]


def test_arrow_and_spark_agree_on_every_type() -> None:
    assert EVERY.arrow().field("at").type == pa.timestamp("us", tz="UTC")
    assert not EVERY.arrow().field("s").nullable
    ddl = {field.name: field.dataType.simpleString() for field in EVERY.spark().fields}
    assert ddl == {
        "s": "string",
        "b": "boolean",
        "i": "int",
        "l": "bigint",
        "f": "float",
        "d": "double",
        "day": "date",
        "at": "timestamp",
        "ls": "array<string>",
        "lf": "array<float>",
        "lt": "array<timestamp>",
        "m": "map<string,float>",
    }
    assert all(field.nullable for field in EVERY.spark().fields)


def test_a_field_declared_twice_or_a_key_of_no_field_is_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        EVERY.extended("more", "", [Field("s", "string", "")])
    with pytest.raises(ValueError, match=r"names no field: \['nothing'\]"):
        EVERY.extended("more", "", [], key=("nothing",))


def test_an_extended_contract_keeps_order_version_and_key() -> None:
    more = EVERY.extended("more", "with one more", [Field("extra", "string", "")], partition_by=("day",))
    assert more.names == (*EVERY.names, "extra")
    assert (more.version, more.key, more.partition_by) == (2, ("s",), ("day",))


def test_unknown_names_are_told() -> None:
    with pytest.raises(KeyError, match="made_up has no field 'nothing'"):
        EVERY.field("nothing")
    with pytest.raises(KeyError, match="layers are request, candidate"):
        layer("nothing")


@pytest.mark.parametrize("contract", TABLES, ids=lambda contract: contract.name)
def test_every_contract_is_documented_and_keyed_by_required_fields(contract: Contract) -> None:
    assert contract.doc.endswith(".")
    assert all(field.doc for field in contract.fields)
    assert all(contract.field(name).required for name in (*contract.key, *contract.partition_by))


def test_every_layer_has_a_version_and_an_event_time() -> None:
    assert set(EVENT_TIME) == {contract.name for contract in LAYERS}
    for contract in LAYERS:
        assert contract.field("schema_version").required
        assert contract.field(EVENT_TIME[contract.name]).dtype == "timestamp"
        assert contract.field(EVENT_TIME[contract.name]).required


def test_bronze_is_the_layer_by_arrival_day() -> None:
    assert BRONZE["impression"].name == "bronze.impression"
    assert BRONZE["impression"].names == (*layer("impression").names, "arrival_day")
    assert BRONZE["impression"].partition_by == ("arrival_day",)


def test_labels_follow_the_outcomes_of_the_surface() -> None:
    table = labelled(["click", "dwell"])
    assert [name for name in table.names if name.startswith("dwell")] == ["dwell", "dwell_known", "dwell_seen"]
    assert table.key == ("impression_id", "known_from")
