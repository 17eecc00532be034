"""Spark reads the lake as the contracts state it, and no reader meets half a table."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from nines import lake
from nines.lake import write_lake
from nines.warehouse import connect

COLUMNS = {
    "id": "string",
    "opened_at": "timestamp",
    "day": "date",
    "is_open": "boolean",
    "size": "bigint",
    "place": "integer",
    "share": "double",
    "cost": "decimal(28, 12)",
    **lake.LINEAGE,
}


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One table with a row of every type and a row of nulls; another that never landed."""
    monkeypatch.setattr(
        lake, "_contract_tables", lambda: {"pages_sent": COLUMNS, "never_landed": COLUMNS}
    )
    path = tmp_path / "nines.duckdb"
    columns = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS.items())
    with connect(path) as connection:
        connection.execute(f"create schema raw; create table raw.pages_sent ({columns})")
        connection.execute(
            "insert into raw.pages_sent values ('é=1+1', '2026-03-29 01:30:00.123456', "
            "'2026-03-29', true, 9007199254740993, 7, 0.1, 1234567890123456.123456789012, "
            "'pages/a.json', 1, 1, '2026-04-01 00:00:00'), "
            "(null, null, null, null, null, null, null, null, 'pages/a.json', 2, 1, "
            "'2026-04-01 00:00:00')"
        )
    return path


def rows(path: Path) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute("from read_parquet(?)", [str(path)]).fetchall()


def test_every_contract_table_has_a_folder_even_before_it_landed(
    warehouse: Path, tmp_path: Path
) -> None:
    assert write_lake(warehouse, tmp_path / "lake") == ["pages_sent", "never_landed"]
    assert len(rows(tmp_path / "lake" / "pages_sent" / "part-0.parquet")) == 2
    assert rows(tmp_path / "lake" / "never_landed" / "part-0.parquet") == []


def test_a_table_that_did_not_grow_is_not_written_again(warehouse: Path, tmp_path: Path) -> None:
    write_lake(warehouse, tmp_path / "lake")
    assert write_lake(warehouse, tmp_path / "lake") == []
    with connect(warehouse) as connection:
        connection.execute(
            "insert into raw.pages_sent (id, _landing_id, _landed_at) "
            "values ('later', 2, '2026-04-02')"
        )
    assert write_lake(warehouse, tmp_path / "lake") == ["pages_sent"]
    assert len(rows(tmp_path / "lake" / "pages_sent" / "part-0.parquet")) == 3


def test_a_changed_contract_writes_the_table_again(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lake(warehouse, tmp_path / "lake")
    wider = {**COLUMNS, "team": "string"}
    monkeypatch.setattr(lake, "_contract_tables", lambda: {"pages_sent": wider})
    assert write_lake(warehouse, tmp_path / "lake") == ["pages_sent"]
    assert [row[-1] for row in rows(tmp_path / "lake" / "pages_sent" / "part-0.parquet")] == [
        None,
        None,
    ]


def test_what_another_writer_left_in_a_table_is_removed(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lake" / "pages_sent"
    folder.mkdir(parents=True)
    (folder / "part-1.parquet").write_bytes(b"stale")
    (folder / ".part-0.parquet").write_bytes(b"half")
    write_lake(warehouse, tmp_path / "lake")
    assert [path.name for path in folder.iterdir()] == ["part-0.parquet"]


def test_the_contracts_of_the_project_are_all_there() -> None:
    tables = lake._contract_tables()
    assert tables["_landings"]["_landing_id"] == "bigint"
    assert "_source_row" not in tables["_rejected_rows"]
    assert tables["gitops_image_changes"]["_landed_at"] == "timestamp"


READ_ON_SPARK = """
import sys
from pyspark.sql import SparkSession

session = (
    SparkSession.builder.master("local[1]")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.ui.enabled", "false")
    .getOrCreate()
)
session.sql("create database raw")
for table, columns in (("pages_sent", sys.argv[2]), ("_landings", "_landing_id bigint")):
    session.sql(
        f"create table raw.{table} ({columns}) using parquet location '{sys.argv[1]}/{table}'"
    )
print(session.read.parquet(f"{sys.argv[1]}/pages_sent").schema.simpleString())
for row in session.sql(
    "select id, cast(opened_at as string), cast(day as string), is_open, size, place, share,"
    " cast(cost as string), _source_row, cast(_landed_at as string) from raw.pages_sent"
    " order by _source_row"
).collect():
    print(tuple(row))
print(session.sql("select count(*) from raw._landings").collect()[0][0])
"""


@pytest.mark.spark
@pytest.mark.skipif(
    shutil.which("java") is None or find_spec("pyspark") is None,
    reason="Spark needs Java 17 and the spark extra; make test installs it where Java is",
)
def test_spark_reads_every_type_back_equal(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        lake,
        "_contract_tables",
        lambda: {"pages_sent": COLUMNS, "_landings": {"_landing_id": "bigint"}},
    )
    write_lake(warehouse, tmp_path / "lake")
    columns = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS.items())
    read = subprocess.run(
        [sys.executable, "-c", READ_ON_SPARK, str(tmp_path / "lake"), columns],
        cwd=tmp_path,
        env={**os.environ, "TZ": "Asia/Kolkata"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert read.returncode == 0, read.stderr[-2000:]
    assert read.stdout.splitlines() == [
        "struct<id:string,opened_at:timestamp,day:date,is_open:boolean,size:bigint,place:int,"
        "share:double,cost:decimal(28,12),_source_file:string,_source_row:bigint,"
        "_landing_id:bigint,_landed_at:timestamp>",
        "('é=1+1', '2026-03-29 01:30:00.123456', '2026-03-29', True, 9007199254740993, 7, 0.1, "
        "'1234567890123456.123456789012', 1, '2026-04-01 00:00:00')",
        "(None, None, None, None, None, None, None, None, 2, '2026-04-01 00:00:00')",
        "0",
    ]
