"""Every record against every other on Spark, for a region that one machine no longer holds.

The same settings, the same figures and the same tests of likeness as `batch`, whose SQL is put into Spark's words
here; the likeness of names is measured by the very functions of the scorer of single pairs. Needs the extra
`spark` and a Java that Spark 4 knows (17 or 21).
"""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lineofsight.catalogue.errors import Refused
from lineofsight.people import batch
from lineofsight.people.evidence import nearest, slipped
from lineofsight.people.matching import Frequencies, Model
from lineofsight.people.profile import KEY_CAP, Profile

#: From DuckDB's words to Spark's, in this order.
_WORDS = (
    (
        r"(\w+\.\w+)\[list_position\((\w+\.\w+), name\)\]",
        r"element_at(\1, cast(array_position(\2, name) as int))",
    ),
    (r"\blambda name: ", "name -> "),
    (r"\blist_has_any\(", "arrays_overlap("),
    (r"\blist_intersect\(", "array_intersect("),
    (r"\blist_transform\(", "transform("),
    (r"\blist_max\(", "array_max("),
    (r"\blist_min\(", "array_min("),
    (r"\blen\(", "size("),
    (r"\b(birth_\w+) - (birth_\w+)", r"datediff(\1, \2)"),
    # A number with a point is a decimal of few places to Spark, unless it is said to be a double.
    (r"(?<![\w.])(\d+\.\d+)(?![\deE.])", r"\1D"),
)


def in_spark(sql: str) -> str:
    for duckdb, spark in _WORDS:
        sql = re.sub(duckdb, spark, sql)
    return sql


def settings(model: Model, frequencies: Frequencies, keys: str = "keys") -> dict[str, Any]:
    """The settings of the batch run, in Spark's words."""
    found = batch.settings(model, frequencies, keys)
    for part in found["comparisons"]:
        for level in part["comparison_levels"]:
            level["sql_condition"] = in_spark(level["sql_condition"])
    for rule in found["blocking_rules_to_generate_predictions"]:
        rule["sql_dialect"] = "spark"
    return found


def session(*, master: str = "local[2]", memory: str = "2g", folder: str = "") -> Any:
    """A Spark session with splink's functions. `master` names the cluster; `local[2]` is two cores of this machine.
    Refused in words where pyspark or Java is missing."""
    try:
        from pyspark.sql import SparkSession
        from splink.internals.spark.jar_location import similarity_jar_location
    except ImportError as missing:
        raise Refused(
            "Matching on Spark needs the extra `spark`: pip install 'lineofsight[spark]'."
        ) from missing
    place = folder or tempfile.mkdtemp(prefix="matching-spark-")
    if master.startswith("local"):
        # The workers of this machine are this very Python, with the product beside it.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    try:
        builder: Any = SparkSession.builder
        made: Any = (
            builder.master(master)
            .appName("Line of Sight: who is who")
            .config("spark.jars", similarity_jar_location())
            .config("spark.driver.memory", memory)
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "8" if master.startswith("local") else "200")
            .config("spark.sql.warehouse.dir", f"{place}/warehouse")
            .getOrCreate()
        )
    except Exception as problem:
        raise Refused(
            f"Spark did not start: {str(problem).splitlines()[0]} It needs Java 17 or 21 on the path or in JAVA_HOME."
        ) from problem
    made.sparkContext.setCheckpointDir(f"{place}/checkpoints")
    return made


def judge_all(
    profiles: Iterable[Profile], model: Model, frequencies: Frequencies, *, spark: Any, folder: str
) -> Iterator[batch.Judged]:
    """As `batch.judge_all`. `folder` is where all machines of the cluster read and write: the records go there as
    Parquet files, names and numbers included. Empty it afterwards."""
    yield from batch.judged(_rows(profiles, model, frequencies, spark, folder), model)


def _rows(
    profiles: Iterable[Profile], model: Model, frequencies: Frequencies, spark: Any, folder: str
) -> Iterator[batch.Row]:
    import pyarrow.parquet as parquet

    place = Path(folder) / "records"
    place.mkdir(parents=True, exist_ok=True)
    stored = 0
    for stored, table in enumerate(batch.tables(profiles, model, frequencies), start=1):
        parquet.write_table(table, place / f"{stored:06d}.parquet")
    if not stored:
        return
    spark.udf.register("nearest", lambda a, b: nearest(tuple(a), tuple(b)), "double")
    spark.udf.register("slipped", lambda a, b: slipped(tuple(a), tuple(b)), "boolean")
    spark.read.parquet(str(place)).createOrReplaceTempView("records")
    _drop_wide_keys(spark)
    yield from _scored(spark, model, frequencies, "keys", numbers_only=False)
    yield from _scored(spark, model, frequencies, "number_keys", numbers_only=True)


def _drop_wide_keys(spark: Any) -> None:
    """As in the batch: a key that more than KEY_CAP records hold is a default value."""
    from pyspark.sql import functions as of

    held = spark.table("records").select(of.explode("keys").alias("key")).groupBy("key").count()
    wide = [row["key"] for row in held.where(of.col("count") > KEY_CAP).collect()]
    if not wide:
        return
    left_out = of.array(*map(of.lit, wide))
    spark.table("records").withColumns(
        {name: of.array_except(name, left_out) for name in ("keys", "number_keys")}
    ).createOrReplaceTempView("records")


def _scored(
    spark: Any, model: Model, frequencies: Frequencies, keys: str, *, numbers_only: bool
) -> Iterator[batch.Row]:
    from splink import Linker, SettingsCreator, SparkAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = SparkAPI(spark_session=spark, break_lineage_method="checkpoint")
    linker = Linker(
        api.register(spark.table("records")),
        SettingsCreator(**settings(model, frequencies, keys)),
        log_level=None,
        validate_settings=False,
    )
    floor = None if numbers_only else batch.least_weight(model)
    found = linker.inference.predict(threshold_match_weight=floor, warning_mode="never")
    sql = in_spark(batch.final_sql(model, frequencies, found.physical_name, numbers_only=numbers_only))
    for row in spark.sql(sql).toLocalIterator():
        a, b, probability, unvetoed, restricted, *numbers = row
        yield a, b, (probability, unvetoed), restricted, tuple(numbers)
