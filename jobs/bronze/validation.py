"""The rules a landing row must keep to become bronze: each has a reason, a condition and words for what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from jobs.bronze.reading import current
from schemas.contract import Contract, Field
from schemas.logs import EVENT_TIME, OUTCOME
from schemas.versions import Version
from surfaces.surface import Surface

if TYPE_CHECKING:
    from pyspark.sql import Column


@dataclass(frozen=True)
class Rule:
    """Rows for which `broken` (boolean, never null) holds are set aside for `reason`, told in words by `detail`."""

    reason: Column
    broken: Column
    detail: Column


def rules(versions: Sequence[Version], surface: Surface) -> list[Rule]:
    """Every rule for rows of `jobs.bronze.reading`, the gravest first; the first that is broken is the reason."""
    from pyspark.sql import functions as F

    allowed = sorted(version.contract.version for version in versions)
    version = F.col("version")
    unknown = version.isNotNull() & ~version.isin(allowed)
    listed = " or ".join(str(number) for number in allowed)
    first = [
        _rule("malformed", F.col("unread") == "malformed", F.col("unread_detail")),
        _rule("unknown_schema_version", unknown, _found("schema_version", version, f"allowed is {listed}")),
        Rule(F.col("unread"), F.col("unread").isNotNull(), F.col("unread_detail")),
        _rule("missing_field", version.isNull(), F.lit("schema_version: found null; it is required")),
    ]
    row = current(versions)
    last = [*_event_time(row, versions[0].contract.name)]
    if versions[0].contract.name == OUTCOME.name:
        last += _outcome(row, surface)
    return [*first, *(rule for accepted in versions for rule in _version_rules(accepted.contract)), *last]


def broken(checks: Sequence[Rule]) -> Column:
    """Whether any of `checks` is broken."""
    return reduce(lambda one, other: one | other, (rule.broken for rule in checks))


def verdict(checks: Sequence[Rule]) -> tuple[Column, Column]:
    """(reason, detail) of the first of `checks` that is broken; null if none is."""
    from pyspark.sql import functions as F

    return (
        F.coalesce(*(F.when(rule.broken, rule.reason) for rule in checks)),
        F.coalesce(*(F.when(rule.broken, F.coalesce(rule.detail, F.lit(""))) for rule in checks)),
    )


def _version_rules(contract: Contract) -> Iterator[Rule]:
    from pyspark.sql import functions as F

    row = F.col(f"v{contract.version}")
    is_of_it = F.col("version") == contract.version
    found = [
        *(rule for field in contract.fields if field.required for rule in _required(row[field.name], field)),
        *(rule for field in contract.fields for rule in _range(row[field.name], field)),
    ]
    for rule in found:
        yield Rule(rule.reason, F.coalesce(is_of_it & rule.broken, F.lit(False)), rule.detail)


def _required(value: Column, field: Field) -> Iterator[Rule]:
    if field.name != "schema_version":
        yield _rule("missing_field", value.isNull(), _found(field.name, value, "it is required"))
    if field.dtype == "string":
        yield _rule("missing_field", value == "", _found(field.name, value, "it is required"))


def _range(value: Column, field: Field) -> Iterator[Rule]:
    from pyspark.sql import functions as F

    infinity = F.lit(float("inf"))
    if field.dtype in ("float32", "float64"):
        endless = ~((value < infinity) & (value > -infinity))
        yield _rule("out_of_range", endless, _found(field.name, value, "allowed is a finite number"))
    if field.dtype == "list<float32>":
        endless = F.exists(value, lambda number: ~((number < infinity) & (number > -infinity)))
        yield _rule("out_of_range", endless, _found(field.name, value, "allowed are finite numbers"))
    low, high = field.minimum, field.maximum
    if low is not None:
        yield _rule("out_of_range", value < low, _found(field.name, value, f"allowed is {low:g} or more"))
    if high is not None:
        yield _rule("out_of_range", value > high, _found(field.name, value, f"allowed is {high:g} or less"))


def _event_time(row: Mapping[str, Column], layer: str) -> Iterator[Rule]:
    from pyspark.sql import functions as F

    name = EVENT_TIME[layer]
    happened = row[name]
    end = F.date_add(F.col("day"), 1).cast("timestamp")
    words = F.concat(_found(name, happened, "its arrival day ended at "), end.cast("string"))
    yield _rule("future_event", happened >= end, words)


def _outcome(row: Mapping[str, Column], surface: Surface) -> Iterator[Rule]:
    names = list(surface.outcomes)
    listed = f"allowed are {', '.join(names)}"
    yield _rule("unknown_outcome", ~row["outcome"].isin(names), _found("outcome", row["outcome"], listed))
    sums = [name for name, outcome in surface.outcomes.items() if outcome.kind == "sum"]
    if sums:
        missing = row["outcome"].isin(sums) & row["value"].isNull()
        yield _rule("missing_field", missing, _found("value", row["value"], f"{' and '.join(sums)} need an amount"))


def _rule(reason: str, condition: Column, detail: Column) -> Rule:
    from pyspark.sql import functions as F

    return Rule(F.lit(reason), F.coalesce(condition, F.lit(False)), detail)


def _found(name: str, value: Column, allowed: str) -> Column:
    from pyspark.sql import functions as F

    return F.concat(F.lit(f"{name}: found "), F.coalesce(value.cast("string"), F.lit("null")), F.lit(f"; {allowed}"))
