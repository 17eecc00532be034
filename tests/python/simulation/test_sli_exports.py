"""SLI counts as exported: what lands is what was counted, however dirty the deliveries are."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from small_company import lived

from nines.landing import land
from nines.simulation import traffic
from nines.simulation.exporting import prometheus, sli_counts
from nines.warehouse import connect
from support import environment


def exported(folder: Path, **company) -> tuple:
    truth, draws = lived(services=12, days=100, **company)
    dirt = [
        *prometheus.export(truth, draws, folder / "exports" / "prometheus"),
        *sli_counts.export(truth, draws, folder / "exports" / "sli_counts"),
    ]
    with environment(NINES_WAREHOUSE=str(folder / "nines.duckdb"), NINES_SALT="for tests"):
        result = land(folder / "exports")
    assert result.exit_status == 0, result
    return truth, draws, dirt, folder


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("dirty"), is_dirty=True)


def asked(folder: Path, sql: str) -> list[tuple]:
    with connect(folder / "nines.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def measured(folder: Path) -> dict[tuple[str, datetime], tuple[int, int]]:
    """Return the newest state of each point, as good and total events by SLO and start."""
    newest = (
        "qualify row_number() over "
        "(partition by {} order by _landing_id desc, _source_row desc) = 1"
    )
    rows = asked(
        folder,
        f"""
        with points as (
            select
                metric ->> '$.slo' as slo,
                metric ->> '$.sli_event' as sli_event,
                measured_at - interval 1 hour as started_at,
                cast(value as hugeint) as event_count
            from (
                select * from raw.prometheus_range_values
                where metric ->> '$.slo' <> 'trial-of-an-slo'
                {newest.format("metric, measured_at")}
            )
        )
        select
            slo,
            started_at,
            coalesce(
                sum(event_count) filter (where sli_event = 'good'),
                sum(event_count) filter (where sli_event = 'total')
                - sum(event_count) filter (where sli_event = 'bad')
            ),
            sum(event_count) filter (where sli_event = 'total')
        from points
        group by all
        union all
        select slo, interval_started_at, good_count, total_count
        from (
            select * from raw.sli_counts_intervals {newest.format("slo, interval_started_at")}
        )
        """,
    )
    return {(slo, moment): (int(good), int(total)) for slo, moment, good, total in rows}


def truly(truth, draws) -> dict[tuple[str, datetime], tuple[int, int]]:
    scenario = truth.scenario
    with traffic.opened(truth, draws) as connection:
        sql = traffic.intervals(scenario, scenario.start_at, scenario.end_at, scale=1)
        rows = connection.execute(
            f"select slo_id, interval_started_at, good_count, total_count from ({sql})"
        ).fetchall()
    return {(slo, moment): (good, total) for slo, moment, good, total in rows}


def test_what_lands_is_what_was_counted(clean) -> None:
    truth, draws, dirt, folder = clean
    assert dirt == []
    assert measured(folder) == truly(truth, draws)
    assert asked(folder, "select count(*) from raw._rejected_rows") == [(0,)]


def test_dirt_leaves_every_count_as_it_is(dirty) -> None:
    truth, draws, _, folder = dirty
    assert measured(folder) == truly(truth, draws)


def test_exactly_the_rows_told_of_are_rejected(dirty) -> None:
    _, _, dirt, folder = dirty
    told = sorted(
        (piece.system, f"{piece.system}/{piece.detail}")
        for piece in dirt
        if piece.kind == "rejected_row"
    )
    assert len(told) == prometheus.REJECTED_ROWS + len(sli_counts.REJECTED_ROWS)
    rejected = asked(folder, "select source_system, source_file from raw._rejected_rows")
    assert sorted(rejected) == told


def test_the_newest_event_is_the_end_of_the_history(clean, dirty) -> None:
    for truth, _, _, folder in (clean, dirty):
        newest = asked(folder, "select max(newest_event_at) from raw._landings")
        assert newest == [(truth.scenario.end_at,)]


def test_dirt_comes_in_the_numbers_it_is_said_to(dirty) -> None:
    _, _, dirt, _ = dirty
    counts: dict[tuple[str, str], int] = {}
    for piece in dirt:
        counts[piece.system, piece.kind] = counts.get((piece.system, piece.kind), 0) + 1
    assert counts == {
        ("prometheus", "reexported_record"): prometheus.REEXPORTED_RANGES,
        ("prometheus", "late_record"): prometheus.LATE_RANGES,
        ("prometheus", "unmeasured_point"): prometheus.UNMEASURED_POINTS,
        ("prometheus", "repeated_record"): prometheus.REPEATED_FILES,
        ("prometheus", "unknown_slo"): prometheus.UNKNOWN_SERIES,
        ("prometheus", "rejected_row"): prometheus.REJECTED_ROWS,
        ("sli_counts", "repeated_record"): sli_counts.REDELIVERY.repeated,
        ("sli_counts", "reexported_record"): sli_counts.REDELIVERY.reexported,
        ("sli_counts", "late_record"): sli_counts.REDELIVERY.late,
        ("sli_counts", "preliminary_record"): sli_counts.PRELIMINARY_COUNTS,
        ("sli_counts", "naive_time"): sli_counts.NAIVE_TIMES,
        ("sli_counts", "offset_time"): sli_counts.OFFSET_TIMES,
        ("sli_counts", "rejected_row"): len(sli_counts.REJECTED_ROWS),
    }


def test_the_dirt_is_in_the_files(dirty) -> None:
    _, _, dirt, folder = dirty
    answers = folder / "exports" / "prometheus"
    unmeasured = {piece.record_id for piece in dirt if piece.kind == "unmeasured_point"}
    for name in unmeasured:
        text = (answers / name).read_text()
        assert text.count('"NaN"') + text.count('"+Inf"') == 1
    for piece in dirt:
        if piece.system == "prometheus" and piece.kind == "repeated_record":
            assert (answers / piece.record_id).read_text() == (answers / piece.detail).read_text()
    assert any(
        point[1] in ("NaN", "+Inf")
        for name in unmeasured
        for series in json.loads((answers / name).read_text())["data"]["result"]
        for point in series["values"]
    )
    assert asked(
        folder,
        "select count(distinct _source_file) from raw.prometheus_range_values "
        "where value in ('NaN', '+Inf')",
    ) == [(len(unmeasured),)]


def test_no_series_has_more_points_than_prometheus_gives(clean) -> None:
    *_, folder = clean
    for path in (folder / "exports" / "prometheus").rglob("*.json"):
        for series in json.loads(path.read_text())["data"]["result"]:
            assert 0 < len(series["values"]) <= 11_000
            assert all(isinstance(value, str) for _, value in series["values"])


def test_an_answer_has_the_form_prometheus_gives_it(clean) -> None:
    truth, _, _, folder = clean
    latencies = {slo.slo_id for slo in truth.slos if slo.kind == "latency"}
    for path in (folder / "exports" / "prometheus").rglob("*.json"):
        text = path.read_text()
        answer = json.loads(text)
        # As compact as it comes over the wire, its labels by name.
        assert text == json.dumps(answer, separators=(",", ":")) + "\n"
        assert answer["status"] == "success"
        assert answer["data"].keys() == {"resultType", "result"}
        for series in answer["data"]["result"]:
            labels = series["metric"]
            assert series.keys() == {"metric", "values"}
            assert list(labels) == sorted(labels)
            if "slo" in labels:
                is_bucket = labels["slo"] in latencies and labels["sli_event"] == "good"
                assert labels.keys() - {"le"} == {"service", "sli_event", "slo"}
                assert ("le" in labels) == is_bucket
            assert all(moment % 3600 == 0 for moment, _ in series["values"])


def test_some_services_count_their_bad_events(tmp_path) -> None:
    truth, draws = lived(services=30, days=8)
    prometheus.export(truth, draws, tmp_path)
    events = {
        series["metric"].get("sli_event")
        for path in tmp_path.glob("*.json")
        for series in json.loads(path.read_text())["data"]["result"]
    }
    assert events == {"good", "bad", "total", None}


def test_the_same_company_writes_the_same_bytes(tmp_path) -> None:
    for name in ("one", "other"):
        truth, draws = lived(services=6, days=30, is_dirty=True)
        for module in (prometheus, sli_counts):
            module.export(truth, draws, tmp_path / name / module.__name__)
    one, other = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*.*")
            if path.is_file()
        }
        for name in ("one", "other")
    )
    assert one
    assert one == other


def test_above_scale_1_the_counts_are_a_table_and_land_as_one(tmp_path) -> None:
    truth, draws = lived(services=4, days=20, scale=12)
    prometheus.export(truth, draws, tmp_path / "exports" / "prometheus")
    sli_counts.export(truth, draws, tmp_path / "exports" / "sli_counts")
    assert len(list((tmp_path / "exports" / "prometheus").rglob("*.json"))) == 1
    with environment(NINES_WAREHOUSE=str(tmp_path / "nines.duckdb"), NINES_SALT="for tests"):
        assert land(tmp_path / "exports").exit_status == 0
    slos = {slo.slo_id for slo in truth.slos}
    assert asked(
        tmp_path,
        "select count(distinct slo), min(interval_seconds), max(interval_seconds), "
        "bool_and(good_count <= total_count) from raw.sli_counts_intervals",
    ) == [(len(slos), 300, 300, True)]
    assert asked(tmp_path, "select max(newest_event_at) from raw._landings") == [
        (truth.scenario.end_at,)
    ]
