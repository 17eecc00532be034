"""Traffic: counts that follow what happened, and are the same on every machine and DuckDB."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from small_company import calm, lived

from nines.simulation import traffic
from nines.simulation.truth import Truth
from nines.warehouse import scratch


def counted(truth: Truth, draws, scale: int = 1) -> dict[tuple[str, datetime], tuple[int, int]]:
    scenario = truth.scenario
    with traffic.opened(truth, draws, scale=scale) as connection:
        sql = traffic.intervals(scenario, scenario.start_at, scenario.end_at, scale=scale)
        rows = connection.execute(
            f"select slo_id, interval_started_at, good_count, total_count from ({sql})"
        ).fetchall()
    return {(slo_id, moment): (good, total) for slo_id, moment, good, total in rows}


@pytest.fixture(scope="module")
def company():
    return lived()


def test_every_slo_has_every_hour_from_its_first_day_on(company) -> None:
    truth, draws = company
    counts = counted(truth, draws)
    first_days = {}
    for slo in truth.slos:
        seen = truth.service(slo.service_id).first_seen_date
        first_days.setdefault(slo.slo_id, max(seen, slo.valid_from, truth.scenario.start_at.date()))
    expected = {
        (slo_id, truth.scenario.start_at + timedelta(hours=hour))
        for slo_id, first in first_days.items()
        for hour in range(24 * truth.scenario.days)
        if (truth.scenario.start_at + timedelta(hours=hour)).date() >= first
    }
    assert expected
    assert set(counts) == expected


def test_no_more_events_are_good_than_there_are(company) -> None:
    counts = counted(*company)
    assert all(0 <= good <= total for good, total in counts.values())


def test_an_incident_costs_its_share_of_good_events_and_changes_no_total(company) -> None:
    truth, draws = company
    slo = truth.slos[0]
    quiet = calm(truth)
    start = truth.scenario.start_at + timedelta(days=10, hours=12)
    other = next(s.service_id for s in truth.slos if s.service_id != slo.service_id)
    spread = replace(
        truth.incidents[0],
        service_ids=(slo.service_id, other),
        is_cancelled=False,
        impact_permille=400,
        impact_started_at=start,
        mitigated_at=start + timedelta(minutes=90),
    )
    before = counted(quiet, draws)
    after = counted(replace(quiet, incidents=[spread]), draws)
    changed = {key for key in before if before[key] != after[key]}
    hours = {start, start + timedelta(hours=1)}
    assert {moment for _, moment in changed} == hours
    assert {
        truth_slo.service_id
        for truth_slo in truth.slos
        if truth_slo.slo_id in {slo_id for slo_id, _ in changed}
    } == {slo.service_id, other}
    lost = {}
    for moment in hours:
        (good, total), (worse, same) = before[slo.slo_id, moment], after[slo.slo_id, moment]
        assert total == same
        lost[moment] = (good - worse) / total
    assert lost[start] == pytest.approx(0.4, abs=0.02)
    assert lost[start + timedelta(hours=1)] == pytest.approx(0.2, abs=0.02)
    cancelled = replace(spread, is_cancelled=True)
    assert counted(replace(quiet, incidents=[cancelled]), draws) == before


def test_an_open_incident_hurts_until_the_end(company) -> None:
    truth, draws = company
    slo = truth.slos[0]
    start = truth.scenario.end_at - timedelta(hours=5)
    open_one = replace(
        truth.incidents[0],
        service_ids=(slo.service_id,),
        is_cancelled=False,
        impact_permille=500,
        impact_started_at=start,
        mitigated_at=None,
    )
    before = counted(calm(truth), draws)
    after = counted(replace(calm(truth), incidents=[open_one]), draws)
    changed = {
        moment for (slo_id, moment) in before if before[slo_id, moment] != after[slo_id, moment]
    }
    assert changed == {start + timedelta(hours=hour) for hour in range(5)}


def test_the_slos_of_a_service_count_the_same_requests(company) -> None:
    truth, draws = company
    counts = counted(truth, draws)
    twins = [
        (slo.slo_id, f"{slo.service_id}-latency")
        for slo in truth.slos
        if any(other.slo_id == f"{slo.service_id}-latency" for other in truth.slos)
        and slo.is_traffic
    ]
    assert twins
    for slo_id, latency in twins:
        totals = {
            moment: total for (found, moment), (_, total) in counts.items() if found == slo_id
        }
        assert totals == {
            moment: total for (found, moment), (_, total) in counts.items() if found == latency
        }


def test_people_sleep_at_night_and_shop_before_christmas() -> None:
    truth, draws = lived(services=2, days=365)
    service = truth.services[0]
    counts = counted(calm(truth), draws)
    slo_id = next(slo.slo_id for slo in truth.slos if slo.service_id == service.service_id)
    offset = {"eu": 0, "us-east": -5, "us-west": -8, "ap": 5}[
        next(
            name
            for name in ("eu", "us-east", "us-west", "ap")
            if service.regions[0].startswith(name)
        )
    ]
    hours: dict[int, int] = {}
    months: dict[int, int] = {}
    for (found, moment), (_, total) in counts.items():
        if found == slo_id:
            local = (moment + timedelta(hours=offset)).hour
            hours[local] = hours.get(local, 0) + total
            months[moment.month] = months.get(moment.month, 0) + total
    assert min(hours, key=hours.__getitem__) in (2, 3, 4)
    assert hours[13] > 3 * hours[3]
    assert months[12] > months[8]


def test_minutes_add_up_to_about_the_hours_they_are_cut_from() -> None:
    truth, draws = lived(services=3, days=20)
    hours, minutes = counted(truth, draws), counted(truth, draws, scale=60)
    assert len(minutes) == 60 * len(hours)
    by_hour = sum(total for _, total in hours.values())
    by_minute = sum(total for _, total in minutes.values())
    assert by_minute == pytest.approx(by_hour, rel=0.005)
    lost_by_hour = by_hour - sum(good for good, _ in hours.values())
    lost_by_minute = by_minute - sum(good for good, _ in minutes.values())
    assert lost_by_minute == pytest.approx(lost_by_hour, rel=0.05)


def test_a_scale_that_cuts_no_whole_seconds_is_refused_in_a_sentence() -> None:
    assert traffic.interval_seconds(1) == 3600
    assert traffic.interval_seconds(60) == 60
    for scale in (0, 7, 7200):
        with pytest.raises(ValueError, match="divisor of 3600"):
            traffic.interval_seconds(scale)


def test_a_history_grown_longer_keeps_the_rows_it_had(company) -> None:
    truth, draws = company
    longer = replace(truth.scenario, end_at=truth.scenario.end_at + timedelta(days=40))
    quiet = calm(truth)
    before, after = counted(quiet, draws), counted(replace(quiet, scenario=longer), draws)
    assert before.items() <= after.items()
    assert len(after) > len(before)


def test_the_counts_are_those_of_any_other_machine_and_engine(company) -> None:
    """A digest known beforehand: another platform, Python or DuckDB that counts otherwise fails."""
    lived_through, draws = company
    service, slo = lived_through.services[0], lived_through.slos[0]
    start = datetime(2025, 12, 29)
    scenario = replace(lived_through.scenario, start_at=start, end_at=start + timedelta(days=9))
    services = [
        replace(
            service,
            service_id=service_id,
            regions=(region,),
            is_customer_facing=is_customer_facing,
            first_seen_date=start.date() + timedelta(days=days),
            requests_per_hour=requests,
            growth_permille_per_year=250,
        )
        for service_id, region, is_customer_facing, days, requests in (
            ("a", "us-west-2", True, 0, 1_234_567),
            ("b", "eu-west-1", False, 2, 19),
        )
    ]
    slos = [
        replace(slo, slo_id=f"{name}-slo", service_id=name, target_ppm=ppm, valid_from=start.date())
        for name, ppm in (("a", 999_000), ("b", 950_000))
    ]
    incident = replace(
        lived_through.incidents[0],
        service_ids=("a", "b"),
        is_cancelled=False,
        impact_permille=333,
        impact_started_at=start + timedelta(days=3, seconds=12_345),
        mitigated_at=start + timedelta(days=3, seconds=23_456),
    )
    truth = replace(
        calm(lived_through),
        scenario=scenario,
        services=services,
        slos=slos,
        incidents=[incident],
    )
    rows = sorted(counted(truth, draws, scale=4).items())
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    assert (len(rows), digest) == (
        1536,
        "dc31bdfb196023705d02fae7ea95018fdadf0e0b3a379cc10b94ba1e4d289f53",
    )


def test_more_rows_than_are_written_at_once_are_cut_into_files_and_none_is_lost(
    tmp_path, monkeypatch
) -> None:
    truth, draws = lived(services=3, days=40)
    finer = replace(truth, scenario=replace(truth.scenario, scale=2))
    traffic.write_intervals(finer, draws, tmp_path / "whole")
    monkeypatch.setattr(traffic, "ROWS_IN_MEMORY", 1_500)
    traffic.write_intervals(finer, draws, tmp_path / "cut")
    assert len(list((tmp_path / "cut").iterdir())) > len(list((tmp_path / "whole").iterdir())) + 3
    with scratch() as connection:
        cut, whole = (
            connection.execute(f"from '{tmp_path}/{name}/*.parquet' order by all").fetchall()
            for name in ("cut", "whole")
        )
    assert cut == whole


def test_the_truth_at_scale_1_and_the_export_above_it_are_the_same_rows(tmp_path) -> None:
    truth, draws = lived(services=3, days=40)
    traffic.write_truth_tables(truth, draws, tmp_path / "truth")
    finer = replace(truth, scenario=replace(truth.scenario, scale=2))
    traffic.write_truth_tables(finer, draws, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    traffic.write_intervals(finer, draws, tmp_path / "finer")
    assert sorted(path.name for path in (tmp_path / "finer").iterdir()) == [
        "2025-07-14.parquet",
        "2025-08-01.parquet",
    ]
    with scratch() as connection:
        told = connection.execute(
            "select slo_id, interval_started_at, good_count, total_count "
            f"from '{tmp_path}/truth/sli_intervals.parquet'"
        ).fetchall()
        exported = connection.execute(
            "select slo, interval_started_at, good_count, total_count "
            f"from '{tmp_path}/finer/*.parquet'"
        ).fetchall()
    assert {row[:2]: row[2:] for row in told} == counted(truth, draws)
    assert {row[:2]: row[2:] for row in exported} == counted(finer, draws, scale=2)


def test_the_scratch_engine_is_bounded_and_forgets() -> None:
    with scratch(memory_limit="100MB", threads=1) as connection:
        limits = connection.execute(
            "select current_setting('memory_limit'), current_setting('threads'), "
            "current_setting('TimeZone'), current_setting('temp_directory')"
        ).fetchall()
        connection.execute("create table kept as select 1")
    [(memory, threads, zone, spill)] = limits
    assert (memory, threads, zone) == ("95.3 MiB", 1, "UTC")
    assert not Path(spill).exists()
    with scratch() as connection:
        assert connection.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]
