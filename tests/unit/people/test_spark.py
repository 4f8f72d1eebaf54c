"""Matching on Spark: DuckDB's words become Spark's, and what is missing is said. Where Spark is installed and
LINEOFSIGHT_SPARK is set, both give the same pairs, scores and decisions; that takes some minutes."""

from __future__ import annotations

import builtins
import os
import re
from pathlib import Path
from typing import Any

import pytest
from test_batch import records

from lineofsight.catalogue.errors import Refused
from lineofsight.people import batch, spark
from lineofsight.people.evidence import PREDICATES, TOLD
from lineofsight.people.matching import shipped

#: What Spark 4 knows under another name, or reads as something else.
NOT_SPARK = re.compile(r"\blist_|\blen\(|\blambda\b|(?<![\w.])\d+\.\d+(?![\deED.])")


@pytest.mark.parametrize("sql", [one.sql for one in (*PREDICATES.values(), *TOLD.values())])
def test_every_test_of_likeness_is_said_in_sparks_words(sql: str) -> None:
    assert not NOT_SPARK.search(spark.in_spark(sql))


def test_the_settings_are_those_of_the_batch_run_in_sparks_words() -> None:
    found, _truth = records(30, 7)
    counts = batch.frequencies(found)
    here, there = batch.settings(shipped(), counts), spark.settings(shipped(), counts)
    assert not NOT_SPARK.search(spark.in_spark(batch.final_sql(shipped(), counts, "p", numbers_only=False)))
    figures = [
        [(level.get("m_probability"), level.get("u_probability")) for part in one["comparisons"] for level in
         part["comparison_levels"]]
        for one in (here, there)
    ]  # fmt: skip
    assert figures[0] == figures[1]
    assert {rule["sql_dialect"] for rule in there["blocking_rules_to_generate_predictions"]} == {"spark"}


def test_dates_and_shared_names_are_counted_alike() -> None:
    assert spark.in_spark("birth_from_l - birth_to_r > 4383") == "datediff(birth_from_l, birth_to_r) > 4383"
    said = spark.in_spark("list_transform(x, lambda name: l.given_rarity[list_position(l.given, name)])")
    assert (
        said == "transform(x, name -> element_at(l.given_rarity, cast(array_position(l.given, name) as int)))"
    )


def test_without_spark_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyspark"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(Refused, match="needs the extra `spark`"):
        spark.session()


@pytest.mark.skipif(not os.environ.get("LINEOFSIGHT_SPARK"), reason="takes minutes; set LINEOFSIGHT_SPARK=1")
def test_spark_gives_the_same_pairs_scores_and_decisions(tmp_path: Path) -> None:
    found, _truth = records(150, 5)
    model, counts = shipped(), batch.frequencies(found)
    session = spark.session(folder=str(tmp_path))
    here = {(one.a, one.b): one for one in batch.judge_all(found, model, counts)}
    there = {
        (one.a, one.b): one
        for one in spark.judge_all(found, model, counts, spark=session, folder=str(tmp_path / "shared"))
    }
    assert here.keys() == there.keys()
    assert all(abs(here[p].probability - there[p].probability) < 1e-9 for p in here)
    assert all(here[p].decision == there[p].decision for p in here)
