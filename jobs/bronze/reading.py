"""Landing files as Spark frames: each row as read, as every accepted version's typed struct, with where it stood.

Columns of the frames: `raw` (the row's text), `file` (URI), `day` (arrival day), `version` (the row's schema version),
`v<n>` (a struct of version n's fields, of no meaning where the row is of another version), `unread` and
`unread_detail` (why the row could not be turned into that struct, else null), and what says which line it was: `line`,
or `block` and `id`. A column that is not selected costs nothing: Spark prunes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.bronze.soundness import Sound
from schemas.contract import Contract, Field
from schemas.versions import Version

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_GLOB = str.maketrans({character: f"\\{character}" for character in "\\{}[]*?"})


def json_rows(spark: SparkSession, folder: Path, files: Iterable[Sound], versions: Sequence[Version]) -> DataFrame:
    """The rows of `.jsonl[.gz]` `files` below the layer's `folder`; blank lines are no rows.

    A number or boolean where text is expected is kept as its text; every other wrong type is `unread`.
    """
    from pyspark.sql import functions as F

    lines = json_lines(spark, folder, files).where(F.trim("raw") != "")
    if len(versions) == 1:
        (only,) = versions
        return _explained(lines.withColumn(_name(only), _parsed(F.col("raw"), only.contract)), versions).withColumn(
            "version", F.col(f"{_name(only)}.schema_version")
        )
    lines = lines.withColumn("version", F.get_json_object("raw", "$.schema_version").try_cast("int"))
    return _explained(lines.withColumns({_name(version): _parsed_if(version) for version in versions}), versions)


def json_lines(spark: SparkSession, folder: Path, files: Iterable[Sound]) -> DataFrame:
    """Every line of `files`: `raw`, `day`, `file`, and `block` and `id`, which order the lines of a file."""
    from pyspark.sql import functions as F

    text = spark.read.option("basePath", str(folder)).text(_paths(files))
    return text.select(
        F.col("value").alias("raw"),
        F.col("day").cast("date").alias("day"),
        F.col("_metadata.file_path").alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("id"),
    )


def parquet_rows(spark: SparkSession, folder: Path, files: Iterable[Sound], versions: Sequence[Version]) -> DataFrame:
    """The rows of `.parquet` `files` below the layer's `folder`; files may differ in layout."""
    layouts: dict[tuple[tuple[str, str], ...], list[Sound]] = {}
    for sound in files:
        layouts.setdefault(sound.layout, []).append(sound)
    frames = [_parquet_of(spark, folder, alike, dict(layout), versions) for layout, alike in layouts.items()]
    return reduce(lambda one, other: one.unionByName(other), frames)


def current(versions: Sequence[Version]) -> dict[str, Column]:
    """The fields of the current contract (the first of `versions`), computed from whichever version the row is."""
    from pyspark.sql import functions as F

    present = versions[0].contract
    if len(versions) == 1:
        return {name: F.col(f"{_name(versions[0])}.{name}") for name in present.names}
    return {
        field.name: F.coalesce(
            *(F.when(F.col("version") == version.contract.version, _upgraded(version, field)) for version in versions)
        ).cast(column.dataType.simpleString())
        for field, column in zip(present.fields, present.spark().fields, strict=True)
    }


def _upgraded(version: Version, field: Field) -> Column:
    from pyspark.sql import functions as F

    row = F.col(_name(version))
    if field.name in version.upgrade:
        return version.upgrade[field.name](row)
    return row[field.name] if field.name in version.contract.names else F.lit(None)


def _name(version: Version) -> str:
    return f"v{version.contract.version}"


def _paths(files: Iterable[Sound]) -> list[str]:
    return [str(sound.file.path).translate(_GLOB) for sound in files]


def _parsed(text: Column, contract: Contract) -> Column:
    from pyspark.sql import functions as F
    from pyspark.sql.types import StringType, StructField, StructType

    schema = StructType([*contract.spark().fields, StructField("_corrupt", StringType())])
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_corrupt", "allowNonNumericNumbers": "false"}
    return F.from_json(text, schema, options)


def _parsed_if(version: Version) -> Column:
    from pyspark.sql import functions as F

    return _parsed(F.when(F.col("version") == version.contract.version, F.col("raw")), version.contract)


def _explained(parsed: DataFrame, versions: Sequence[Version]) -> DataFrame:
    from pyspark.sql import functions as F

    corrupt = reduce(lambda one, other: one | other, (F.col(f"{_name(v)}._corrupt").isNotNull() for v in versions))
    told = (_wrong_json(F.col(_name(version)), version.contract) for version in versions)
    wrong = F.concat_ws(", ", *(field for fields in told for field in fields))
    no_object = ~_whole_object(F.col("raw"))
    unread = F.when(no_object, "malformed").when(corrupt, F.when(wrong == "", "malformed").otherwise("wrong_type"))
    broken = F.lit("the line is not one whole JSON object in UTF-8")
    return parsed.withColumns(
        {"unread": unread, "unread_detail": F.when(no_object | (wrong == ""), broken).otherwise(wrong)}
    )


def _whole_object(text: Column) -> Column:
    """Whether `text` begins and ends as one object: the parser itself is content with whatever follows the first."""
    from pyspark.sql import functions as F

    trimmed = F.trim(text, F.lit(" \t\r"))
    outside_strings = F.regexp_replace(text, r'"(\\.|[^"\\])*"', "")
    torn = F.when(text.contains("}{") | text.contains("} {"), outside_strings.rlike(r"\}\s*\{")).otherwise(F.lit(False))
    return F.is_valid_utf8(text) & trimmed.startswith("{") & trimmed.endswith("}") & ~torn


def _wrong_json(row: Column, contract: Contract) -> list[Column]:
    """Per field of `contract`, words for a value that was there and could not be read; null where all is well."""
    from pyspark.sql import functions as F

    found = {field: F.get_json_object("raw", f"$.{field.name}") for field in contract.fields}
    return [F.when(row[field.name].isNull() & text.isNotNull(), _found(field, text)) for field, text in found.items()]


def _found(field: Field, text: Column) -> Column:
    from pyspark.sql import functions as F

    return F.concat(F.lit(f"{field.name}: found "), text, F.lit(f"; allowed is {field.dtype}"))


def _parquet_of(
    spark: SparkSession, folder: Path, files: Sequence[Sound], layout: Mapping[str, str], versions: Sequence[Version]
) -> DataFrame:
    from pyspark.sql import functions as F

    frame = spark.read.option("basePath", str(folder)).parquet(*_paths(files))
    types = dict(frame.dtypes)
    columns = [name for name in layout if name in types]
    casts = {version.contract.version: _casts(version.contract, layout, types) for version in versions}
    own = F.coalesce(*(cast["schema_version"] for cast in casts.values()))
    told = (_wrong_cast(v.contract, casts[v.contract.version], layout, own) for v in versions)
    wrong = F.concat_ws(", ", *(field for fields in told for field in fields))
    structs = {
        _name(version): F.struct(*(cast.alias(name) for name, cast in casts[version.contract.version].items()))
        for version in versions
    }
    return frame.select(
        F.to_json(F.struct(*(F.col(f"`{name}`") for name in columns))).alias("raw"),
        F.col("day").cast("date").alias("day"),
        F.col("_metadata.file_path").alias("file"),
        (F.col("_metadata.row_index") + 1).alias("line"),
        own.alias("version"),
        *(struct.alias(name) for name, struct in structs.items()),
        F.when(wrong != "", "wrong_type").alias("unread"),
        wrong.alias("unread_detail"),
    )


def _casts(contract: Contract, layout: Mapping[str, str], types: Mapping[str, str]) -> dict[str, Column]:
    from pyspark.sql import functions as F

    casts = {}
    for field, column in zip(contract.fields, contract.spark().fields, strict=True):
        found = F.col(f"`{field.name}`")
        if layout.get(field.name, "null") == "null":
            casts[field.name] = F.lit(None).cast(column.dataType.simpleString())
        elif field.dtype == "timestamp" and types[field.name] == "bigint":
            casts[field.name] = F.timestamp_micros(F.expr(f"`{field.name}` div 1000"))
        else:
            casts[field.name] = found.try_cast(column.dataType.simpleString())
    return casts


def _wrong_cast(
    contract: Contract, casts: Mapping[str, Column], layout: Mapping[str, str], own: Column
) -> list[Column]:
    """The same for integers of a parquet file that are too large for the contract: no other cast can fail."""
    from pyspark.sql import functions as F

    wide = ("int64", "uint64", "uint32")
    lossy = [field for field in contract.fields if field.dtype in ("int32", "int64") and layout.get(field.name) in wide]
    found = {field: F.col(f"`{field.name}`") for field in lossy}
    return [
        F.when(
            (own == contract.version) & value.isNotNull() & casts[field.name].isNull(),
            _found(field, value.cast("string")),
        )
        for field, value in found.items()
    ]
