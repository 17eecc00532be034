"""DuckDB and Spark build the same marts, row for row, from the same landed data."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nines.lake import write_lake
from nines.warehouse import ROOT, connect
from support import Company, environment

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(
        shutil.which("java") is None or find_spec("pyspark") is None,
        reason="Spark needs Java 17 and the spark extra; make test installs it where Java is",
    ),
]

BUILD_ON_SPARK = """
import json, os, sys
from pathlib import Path
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

# A few rows a table: compiling queries, and sharing them out, would take most of the time.
small = {
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.warehouse.dir": os.environ["NINES_SPARK_WAREHOUSE"],
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.ui.enabled": "false",
}
builder = SparkSession.builder.master("local[2]")
for name, value in small.items():
    builder = builder.config(name, value)
builder.getOrCreate()
root, marts = sys.argv[1], Path(sys.argv[2])
common = ["--project-dir", root, "--profiles-dir", root, "--target", "spark",
          "--target-path", os.environ["DBT_TARGET_PATH"],
          "--log-path", os.environ["DBT_TARGET_PATH"]]
outcome = dbtRunner().invoke(["--quiet", "build", "--resource-type", "seed",
                              "--resource-type", "model", *common])
if not outcome.success:
    told = outcome.exception or [
        f"{result.node.unique_id}: {result.message}"
        for result in outcome.result.results if str(result.status) == "error"
    ]
    sys.exit(f"the Spark build failed: {told}")
session = SparkSession.builder.getOrCreate()
for relation in json.loads(os.environ["MARTS"]):
    session.table(relation).coalesce(1).write.mode("overwrite").parquet(str(marts / relation))
"""


def marts_of(manifest: Path) -> list[str]:
    """Return every mart of the project as schema.name."""
    nodes = json.loads(manifest.read_text())["nodes"].values()
    return sorted(
        f"{node['schema']}.{node['name']}"
        for node in nodes
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    )


@pytest.fixture(scope="module")
def spark_marts(sample_company: Company, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every mart as Spark built it from the sample company's lake, one Parquet folder each."""
    folder = tmp_path_factory.mktemp("spark")
    variables = {**sample_company.variables, "DBT_TARGET_PATH": str(folder / "target")}
    with environment(**variables):
        write_lake(sample_company.warehouse, Path(variables["NINES_LAKE"]))
    marts = marts_of(sample_company.folder / "target" / "manifest.json")
    subprocess.run(
        [sys.executable, "-c", BUILD_ON_SPARK, str(ROOT), str(folder / "marts")],
        # Spark leaves its metastore in the working folder.
        cwd=folder,
        env={**os.environ, **variables, "MARTS": json.dumps(marts)},
        check=True,
    )
    return folder / "marts"


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort by every column, exact ones first: doubles may differ in the last digit."""
    exact = [name for name, kind in frame.schema.items() if not kind.is_float()]
    return frame.sort([*exact, *(set(frame.columns) - set(exact))], nulls_last=True)


def test_every_mart_is_the_same_on_both_engines(sample_company: Company, spark_marts: Path) -> None:
    differences = []
    for relation in marts_of(sample_company.folder / "target" / "manifest.json"):
        with connect(sample_company.warehouse, read_only=True) as warehouse:
            on_duckdb = warehouse.sql(f"select * from {relation}").pl()
            names = ", ".join(f'"{name}"' for name in on_duckdb.columns)
            on_spark = warehouse.sql(
                f"select {names} from read_parquet($files)",
                params={"files": str(spark_marts / relation / "*.parquet")},
            ).pl()
        on_spark = on_spark.with_columns(
            pl.col(name).dt.replace_time_zone(None)
            for name, kind in on_spark.schema.items()
            if isinstance(kind, pl.Datetime)
        )
        try:
            assert_frame_equal(
                in_order(on_duckdb),
                in_order(on_spark),
                check_exact=False,
                rel_tol=1e-9,
                abs_tol=1e-9,
            )
        except AssertionError as difference:
            differences.append(f"{relation}: {difference}")
    assert not differences, "\n\n".join(differences)
