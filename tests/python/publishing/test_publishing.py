"""What is published is whole, green, free of people, and swapped in one rename."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from small_world import World, small_world

from nines import publishing
from nines.contracts import Column, Contract
from nines.expectations import CheckResult, Outcome
from nines.publishing import PublishError, current, read_manifest
from nines.warehouse import WarehouseError


@pytest.fixture
def world(tmp_path: Path) -> World:
    return small_world(tmp_path)


def read(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def tables(path: Path) -> set[str]:
    return {
        f"{schema}.{name}"
        for schema, name in read(path, "select schema_name, table_name from duckdb_tables()")
    }


def contract(table: str, *columns: Column) -> Contract:
    """Return the contract of a table with an id and the given columns."""
    return Contract(
        system=table.split("_", maxsplit=1)[0],
        table=table,
        source_file=Path("_sources.yml"),
        description="One row per thing.",
        columns=(Column("id", "string", ()), *columns),
        files=("*.json",),
        key=("id",),
        delivery="changes",
    )


def outcome(severity: str) -> Outcome:
    return Outcome(
        name="a law of cost holds",
        severity=severity,
        table="cost.fct_cost_days",
        success=False,
        observed="1 of 2 currencies does not sum.",
        advice="Look at the bill of June.",
    )


class TestWhatIsPublished:
    def test_every_mart_but_the_restricted_ones_is_there(self, world: World) -> None:
        publication = world.publish()
        assert tables(publication.path / "nines.duckdb") == {
            "core.dim_services",
            "cost.fct_cost_days",
            "scorecard.fct_kpi_values",
            "quality.fct_data_findings",
            "quality.restatements",
        }
        parquet = publication.path / "parquet"
        assert sorted(path.relative_to(parquet).as_posix() for path in parquet.rglob("*.*")) == [
            "core/dim_services.parquet",
            "cost/fct_cost_days.parquet",
            "quality/fct_data_findings.parquet",
            "quality/restatements.parquet",
            "scorecard/fct_kpi_values.parquet",
        ]

    def test_a_table_whose_model_is_gone_is_not_published(self, world: World) -> None:
        world.sql("create table core.dim_former as select 1 as old")
        assert "core.dim_former" not in tables(world.publish().path / "nines.duckdb")

    def test_finance_gets_costs_and_unit_costs_and_the_services_they_belong_to(
        self, world: World
    ) -> None:
        finance = world.publish().path / "finance.duckdb"
        assert tables(finance) == {
            "core.dim_services",
            "cost.fct_cost_days",
            "scorecard.fct_kpi_values",
        }
        kpis = read(finance, "select distinct kpi_id from scorecard.fct_kpi_values")
        assert kpis == [("unallocated_cost_ratio",)]

    def test_descriptions_are_comments_in_the_file(self, world: World) -> None:
        path = world.publish().path / "nines.duckdb"
        assert read(
            path, "select comment from duckdb_tables() where table_name = 'fct_kpi_values'"
        ) == [("One row per KPI value.",)]
        assert read(
            path,
            "select comment from duckdb_columns() "
            "where table_name = 'fct_kpi_values' and column_name = 'value'",
        ) == [("It's null without data.",)]

    def test_columns_keep_their_order_and_money_its_type(self, world: World) -> None:
        world.publish()
        path = current(world.published) / "parquet" / "cost" / "fct_cost_days.parquet"
        with duckdb.connect() as connection:
            columns = connection.execute("describe from read_parquet(?)", [str(path)]).fetchall()
        assert [(name, data_type) for name, data_type, *_ in columns] == [
            ("charge_date", "DATE"),
            ("service_id", "VARCHAR"),
            ("effective_cost_usd", "DECIMAL(28,12)"),
        ]

    def test_the_files_are_written_for_older_duckdb(self, world: World) -> None:
        publication = world.publish()
        with duckdb.connect() as connection:
            for name in ("nines", "finance"):
                connection.execute(
                    "attach ? as opened (read_only)".replace(
                        "?", "'" + str(publication.path / name).replace("'", "''") + ".duckdb'"
                    )
                )
                (tags,) = connection.execute(
                    "select tags from duckdb_databases() where database_name = 'opened'"
                ).fetchone()
                assert tags["storage_version"].startswith("v1.5")
                connection.execute("detach opened")

    def test_the_manifest_says_what_was_published_and_its_hashes_are_true(
        self, world: World
    ) -> None:
        publication = world.publish()
        manifest = publication.manifest
        assert manifest["as_of"] == "2026-07-01T12:00:00Z"
        assert manifest["known_at"] is None
        assert manifest["dbt"]["invocation_id"] == "one"
        assert manifest["kpi_value_count"] == 3
        assert {one["mart"]: one["row_count"] for one in manifest["marts"]}[
            "core.dim_services"
        ] == 2
        on_disk = {
            path.relative_to(publication.path).as_posix()
            for path in publication.path.rglob("*")
            if path.is_file()
        }
        assert on_disk == {*manifest["files"], "manifest.json"}
        for name, facts in manifest["files"].items():
            content = (publication.path / name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == facts["sha256"]

    def test_a_type_parquet_does_not_keep_is_refused(self, world: World) -> None:
        world.sql("alter table core.dim_services alter tier type hugeint")
        with pytest.raises(PublishError, match=r"core\.dim_services\.tier is HUGEINT"):
            world.publish()


class TestPeople:
    CONTRACT = contract("pagewatch_pages", Column("responder", "string", (), person=True))

    @pytest.mark.parametrize("value", ["'person-0a1b'", "['someone else', 'person-0a1b']"])
    def test_a_mart_that_holds_a_pseudonym_is_refused(
        self, world: World, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setattr(publishing, "load_contracts", lambda root: [self.CONTRACT])
        world.sql(
            "create table raw.pagewatch_pages as select 'p1' as id, 'person-0a1b' as responder; "
            f"create or replace table core.dim_services as select 'search' as id, {value} as who"
        )
        with pytest.raises(PublishError, match=r"core\.dim_services\.who") as refusal:
            world.publish()
        assert "person-0a1b" not in str(refusal.value)
        assert current(world.published) is None

    def test_a_mart_without_one_is_published(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publishing, "load_contracts", lambda root: [self.CONTRACT])
        world.sql(
            "create table raw.pagewatch_pages as select 'p1' as id, 'person-0a1b' as responder"
        )
        assert world.publish().is_new


class TestRefusals:
    def refused(self, world: World, match: str, **given: object) -> None:
        world.publish(1)
        before = current(world.published)
        world.sql("insert into core.dim_services values ('ledger', 2)")
        with pytest.raises(PublishError, match=match):
            world.publish(2, **given)
        assert current(world.published) == before
        assert not list(world.published.glob(".publishing*"))

    @pytest.mark.parametrize("status", ["fail", "error", "skipped"])
    def test_a_test_that_did_not_pass_stops_it(self, world: World, status: str) -> None:
        def spoil(run: dict) -> None:
            run["results"][-2]["status"] = status

        world.publish(1)
        world.rewrite("run_results.json", spoil)
        with pytest.raises(PublishError, match="unique_dim_services"):
            world.publish(2)

    def test_a_test_that_was_left_out_stops_it(self, world: World) -> None:
        world.rewrite("run_results.json", lambda run: run["results"].pop())
        with pytest.raises(PublishError, match="left 1 models or tests out"):
            world.publish()

    def test_a_build_on_spark_stops_it(self, world: World) -> None:
        world.rewrite(
            "manifest.json", lambda manifest: manifest["metadata"].update(adapter_type="spark")
        )
        with pytest.raises(PublishError, match="a build on spark"):
            world.publish()

    def test_a_project_never_built_stops_it(self, world: World) -> None:
        (world.target / "run_results.json").unlink()
        with pytest.raises(PublishError, match="nines build"):
            world.publish()

    def test_a_critical_expectation_stops_it_and_is_named(self, world: World) -> None:
        checks = (CheckResult("landing", "1"), CheckResult("marts", "one", (outcome("critical"),)))
        self.refused(world, "a law of cost holds", checks=checks)

    def test_checks_that_were_not_made_stop_it(self, world: World) -> None:
        self.refused(world, "landing checks", checks=(CheckResult("marts", "one"),))

    def test_checks_of_an_earlier_landing_stop_it(self, world: World) -> None:
        world.sql("insert into raw._landings (_landing_id) values (2)")
        with pytest.raises(PublishError, match="landing changed since"):
            world.publish()

    def test_checks_of_an_earlier_build_stop_it(self, world: World) -> None:
        world.rewrite(
            "run_results.json", lambda run: run["metadata"].update(invocation_id="another")
        )
        with pytest.raises(PublishError, match="marts changed since"):
            world.publish()

    def test_a_landing_that_no_build_has_seen_stops_it(self, world: World) -> None:
        world.sql(
            "insert into raw._landings (_landing_id, _landed_at, status) "
            "values (1, timestamp '2026-08-01 00:00:00', 'refused')"
        )
        published = world.publish()
        world.sql("update raw._landings set status = 'landed' where status = 'refused'")
        with pytest.raises(PublishError, match="1 landings are newer than the last build"):
            world.publish(2)
        assert current(world.published) == published.path

    @pytest.mark.parametrize(
        "change",
        ["update raw._invocation set invocation_id = 'another'", "drop table raw._invocation"],
    )
    def test_results_of_a_build_of_another_warehouse_stop_it(
        self, world: World, change: str
    ) -> None:
        world.sql(change)
        with pytest.raises(PublishError, match="not about this warehouse"):
            world.publish()

    def test_a_mart_missing_from_the_warehouse_stops_it(self, world: World) -> None:
        world.sql("drop table cost.fct_cost_days")
        with pytest.raises(PublishError, match=r"no cost\.fct_cost_days"):
            world.publish()

    def test_a_missing_warehouse_stops_it(self, world: World) -> None:
        world.warehouse.unlink()
        with pytest.raises(WarehouseError, match="does not exist"):
            world.publish()

    def test_a_warehouse_being_written_stops_it(self, world: World) -> None:
        code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
        command = [sys.executable, "-c", code, str(world.warehouse)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as writer:
            writer.stdout.readline()
            with pytest.raises(WarehouseError, match="in use"):
                world.publish()
            writer.communicate("\n")

    def test_warnings_do_not_stop_it_and_are_kept(self, world: World) -> None:
        def warn(run: dict) -> None:
            run["results"][-2] |= {"status": "warn", "message": "Got 2 results", "failures": 2}

        world.rewrite("run_results.json", warn)
        checks = (CheckResult("landing", "1", (outcome("warning"),)), CheckResult("marts", "one"))
        warnings = world.publish(checks=checks).manifest["warnings"]
        assert [one["name"] for one in warnings] == ["unique_dim_services", "a law of cost holds"]


class TestOnceOnly:
    def test_unchanged_content_is_not_published_again_and_that_is_said(self, world: World) -> None:
        first = world.publish(1)
        second = world.publish(2)
        assert not second.is_new
        assert second.path == first.path
        assert second.describe() == f"Published content is unchanged: {first.version} stays."

    def test_changed_content_is(self, world: World) -> None:
        first = world.publish(1)
        world.sql("update core.dim_services set tier = 2 where service_id = 'search'")
        second = world.publish(2)
        assert second.is_new
        assert second.version > first.version
        assert current(world.published) == second.path

    def test_the_order_of_rows_is_no_change(self, world: World) -> None:
        world.publish(1)
        world.sql(
            "create or replace table core.dim_services as "
            "from core.dim_services order by service_id desc"
        )
        assert not world.publish(2).is_new

    def test_going_back_to_earlier_content_is_a_version_of_its_own(self, world: World) -> None:
        first = world.publish(1)
        world.sql("insert into core.dim_services values ('ledger', 2)")
        world.publish(2)
        world.sql("delete from core.dim_services where service_id = 'ledger'")
        third = world.publish(3)
        assert third.is_new
        assert third.manifest["content_hash"] == first.manifest["content_hash"]

    def test_a_clock_that_went_back_is_refused(self, world: World) -> None:
        world.publish(2)
        world.sql("insert into core.dim_services values ('ledger', 2)")
        with pytest.raises(PublishError, match="clock"):
            world.publish(1)


class TestKnownAt:
    def known_at(self, instant: str) -> Callable[[dict], None]:
        def change(run: dict) -> None:
            run["args"]["vars"] = {"known_at": instant}

        return change

    def test_a_past_state_is_published_beside_and_never_becomes_current(self, world: World) -> None:
        now = world.publish(1)
        world.rewrite("run_results.json", self.known_at("2026-07-03"))
        past = world.publish(2)
        assert past.is_new
        assert past.manifest["known_at"] == "2026-07-03"
        assert current(world.published) == now.path
        assert world.publish(3).path == past.path

    def test_a_past_state_restates_nothing(self, world: World) -> None:
        world.publish(1)
        world.sql("update scorecard.fct_kpi_values set value = 9")
        world.rewrite("run_results.json", self.known_at("2026-07-03"))
        assert world.publish(2).manifest["restatements"] == []


class TestRestatements:
    def test_a_changed_value_of_a_complete_period_is_stated(self, world: World) -> None:
        first = world.publish(1)
        world.sql(
            "update scorecard.fct_kpi_values set value = value + 1 "
            "where kpi_id = 'sev1_incident_count'"
        )
        second = world.publish(2)
        (restated,) = second.manifest["restatements"]
        assert restated == {
            "version": second.version,
            "previous_version": first.version,
            "kpi_id": "sev1_incident_count",
            "period_grain": "quarter",
            "period_start_date": "2026-04-01",
            "period_end_date": "2026-07-01",
            "scope_type": "all",
            "scope_id": "all",
            "previous_value": 2.0,
            "new_value": 3.0,
            "landed_record_count": 0,
            "landed_records": "none",
            "are_definitions_changed": False,
        }
        assert "restated values of earlier publications: 1" in second.describe()

    def test_values_withdrawn_and_added_are_stated(self, world: World) -> None:
        world.publish(1)
        world.sql(
            "delete from scorecard.fct_kpi_values where kpi_id = 'unallocated_cost_ratio'; "
            "insert into scorecard.fct_kpi_values values ('sev1_incident_count', 'quarter', "
            "date '2026-04-01', date '2026-07-01', 'service', 'search', 1.0, true)"
        )
        restated = world.publish(2).manifest["restatements"]
        assert [(one["kpi_id"], one["previous_value"], one["new_value"]) for one in restated] == [
            ("sev1_incident_count", None, 1.0),
            ("unallocated_cost_ratio", 0.25, None),
        ]

    def test_a_difference_below_a_billionth_is_none(self, world: World) -> None:
        world.publish(1)
        world.sql("update scorecard.fct_kpi_values set value = value * (1 + 1e-12)")
        second = world.publish(2)
        assert second.is_new
        assert second.manifest["restatements"] == []

    def test_records_landed_since_inside_the_period_are_counted(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        contracts = [
            contract("pagewatch_incidents", Column("created_at", "timestamp", (), event_time=True)),
            contract("shelf_services"),
        ]
        monkeypatch.setattr(publishing, "load_contracts", lambda root: contracts)
        world.sql(
            "create table raw.pagewatch_incidents as select 'i1' as id, "
            "timestamp '2026-05-01 10:00:00' as created_at, "
            "timestamp '2026-07-02 08:00:00' as _landed_at; "
            "create table raw.shelf_services as select 's1' as id, "
            "timestamp '2026-07-02 08:00:00' as _landed_at"
        )
        world.publish(1)
        world.sql(
            "insert into raw.pagewatch_incidents values "
            "('i2', '2026-06-30 23:59:59', '2026-07-09 08:00:00'), "
            "('i3', '2026-07-01 00:00:00', '2026-07-09 08:00:00'); "
            "insert into raw.shelf_services values ('s2', '2026-07-09 08:00:00'); "
            "update scorecard.fct_kpi_values set value = 3 where kpi_id = 'sev1_incident_count'"
        )
        (restated,) = world.publish(10).manifest["restatements"]
        assert restated["landed_record_count"] == 1
        assert (
            restated["landed_records"] == "pagewatch_incidents: 1, shelf_services: 1 (no instant)"
        )

    def test_an_edited_model_is_said_to_be_a_cause(self, world: World) -> None:
        world.publish(1)
        world.sql("update scorecard.fct_kpi_values set value = 3")
        world.rewrite(
            "manifest.json",
            lambda manifest: manifest["nodes"]["model.nines.dim_services"]["checksum"].update(
                checksum="edited"
            ),
        )
        restated = world.publish(2).manifest["restatements"]
        assert {one["are_definitions_changed"] for one in restated} == {True}

    def test_restatements_of_earlier_publications_stay_in_the_table(self, world: World) -> None:
        world.publish(1)
        for day, value in ((2, 3), (3, 4), (4, 4)):
            world.sql(
                f"update scorecard.fct_kpi_values set value = {value} "
                "where kpi_id = 'sev1_incident_count'"
            )
            world.publish(day)
        assert read(
            current(world.published) / "nines.duckdb",
            "select previous_value, new_value from quality.restatements order by version",
        ) == [(2.0, 3.0), (3.0, 4.0)]


class TestSwap:
    def test_current_is_a_relative_link(self, world: World) -> None:
        publication = world.publish()
        assert (world.published / "current").readlink() == Path(publication.version)

    def test_a_reader_of_the_old_version_keeps_it(self, world: World) -> None:
        publication = world.publish(1)
        with duckdb.connect(str(publication.path / "nines.duckdb"), read_only=True) as reader:
            world.sql("insert into core.dim_services values ('ledger', 2)")
            world.publish(2)
            assert reader.execute("select count(*) from core.dim_services").fetchone() == (2,)
        assert (publication.path / "nines.duckdb").exists()

    @pytest.mark.parametrize(
        "step",
        ["_write_parquet", "_write_databases", "_put_in_place", "_sync", "_sha256_of_file"],
    )
    def test_a_kill_at_any_step_leaves_current_whole_and_the_next_run_publishes(
        self, world: World, tmp_path: Path, step: str
    ) -> None:
        first = world.publish(1)
        world.sql("insert into core.dim_services values ('ledger', 2)")
        code = f"""
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from nines import publishing
from nines.expectations import CheckResult
def die(*given, **named):
    os._exit(9)
setattr(publishing, {step!r}, die)
warehouse, published, target = map(Path, sys.argv[1:])
publishing.publish(
    warehouse, published, target=target,
    checks=(CheckResult("landing", "1"), CheckResult("marts", "one")),
    published_at=datetime(2026, 7, 2, 9, tzinfo=UTC),
)
"""
        paths = [str(world.warehouse), str(world.published), str(world.target)]
        killed = subprocess.run([sys.executable, "-c", code, *paths], check=False)
        assert killed.returncode == 9
        assert current(world.published) == first.path
        assert read(first.path / "nines.duckdb", "select count(*) from core.dim_services") == [(2,)]
        third = world.publish(3)
        assert third.is_new
        assert not list(world.published.glob(".publishing*"))

    @pytest.mark.parametrize("swap", ["rename", "replace"])
    def test_a_kill_at_a_rename_leaves_current_whole(
        self, world: World, monkeypatch: pytest.MonkeyPatch, swap: str
    ) -> None:
        first = world.publish(1)
        world.sql("insert into core.dim_services values ('ledger', 2)")

        def die(*given: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Path, swap, die)
            world.publish(2)
        assert current(world.published) == first.path
        second = world.publish(3)
        assert second.is_new
        assert current(world.published) == second.path

    def test_two_publishers_do_not_meet(self, world: World) -> None:
        world.publish(1)
        with (
            publishing._only_publisher(world.published),
            pytest.raises(PublishError, match="Something else is publishing"),
        ):
            world.publish(2)


class TestRetention:
    def test_eight_stay_whole_and_each_quarters_last_and_the_rest_keep_their_kpi_values(
        self, world: World
    ) -> None:
        versions = []
        for month in range(1, 13):
            world.sql(f"update core.dim_services set tier = {month}")
            versions.append(world.publish(published_at=datetime(2026, month, 1, tzinfo=UTC)).path)
        whole = [path for path in versions if (path / "nines.duckdb").exists()]
        assert whole == [versions[2], *versions[4:]]
        for path in set(versions) - set(whole):
            left = sorted(one.name for one in path.rglob("*") if one.is_file())
            assert left == ["fct_kpi_values.parquet", "manifest.json"]
            assert read_manifest(path)["version"] == path.name


def test_nothing_staged_or_raw_reaches_a_published_file(world: World) -> None:
    publication = world.publish()
    for path in publication.path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"staged" not in content, path
            assert b"person-0a1b" not in content, path


def test_the_manifest_is_plain_json(world: World) -> None:
    text = (world.publish().path / "manifest.json").read_text()
    assert json.loads(text)["project"]["name"] == "nines"
