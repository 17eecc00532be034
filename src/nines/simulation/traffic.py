"""Makes the company's traffic: good and total events of every SLO and interval, by SQL alone.

Every number is a whole one: shares are permille or parts per million, noise is cut from products of
32-bit numbers, so that any DuckDB on any machine counts the same events. A month is computed at a
time, which bounds the memory whatever the length of the history and the number of rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from nines import warehouse
from nines.landing.sqltext import literal
from nines.simulation.draws import Draws
from nines.simulation.truth import Scenario, Truth

# Traffic by hour of the local day, from midnight, in permille of the day's mean.
_HOURS = (
    420, 330, 270, 240, 250, 330, 520, 780, 1020, 1200, 1310, 1370,
    1360, 1330, 1340, 1350, 1340, 1350, 1420, 1510, 1470, 1260, 890, 340,
)  # fmt: skip
# By day of the week, from Monday: what customers use at home, and what people use at work.
_CUSTOMER_DAYS = (960, 940, 950, 970, 1050, 1100, 1030)
_INTERNAL_DAYS = (1290, 1330, 1320, 1300, 1180, 290, 290)
# On the first day of each month; the days between lie on the line to the next.
_MONTHS = (1010, 960, 970, 990, 1000, 970, 930, 900, 960, 1020, 1120, 1170)
# A region's people live by its standard time; whole hours before (+) or behind UTC.
_OFFSET_HOURS = {
    "eu-west": 0, "eu-central": 1, "eu-north": 1, "eu-south": 1, "us-east": -5, "us-central": -6,
    "us-west": -8, "ca-central": -5, "sa-east": -3, "ap-south": 5, "ap-southeast": 8,
    "ap-northeast": 9, "me-central": 4, "af-south": 2,
}  # fmt: skip

# What fails for a reason other than an incident, in permille of requests.
_FAILED_DEPLOYMENT_PERMILLE = 30
_MAINTENANCE_PERMILLE = 40
# A bad release nobody rolled back yet hurts for no longer than this.
_FAILED_DEPLOYMENT_SECONDS = 7200

# Odd numbers below 2^31: their products with 32-bit numbers stay within 63 bits.
_MIX = (2_146_121_005, 73_244_475, 1_540_483_477)
_LOW_32 = (1 << 32) - 1
# Rows of SLIs written at once. More would spill to the disk, and cost half as much again.
ROWS_IN_MEMORY = 10_000_000

_EPOCH = datetime(1970, 1, 1)


def interval_seconds(scale: int) -> int:
    """Return the length of an SLI interval: an hour at scale 1, a minute at scale 60.

    Raises ValueError, with a sentence for the user, where an hour does not divide into `scale`.
    """
    if scale < 1 or 3600 % scale:
        raise ValueError(
            f"scale {scale} does not divide an hour into whole seconds; take a divisor of 3600, "
            "such as 1 (hours), 12 (five minutes) or 60 (minutes)"
        )
    return 3600 // scale


def months_of(scenario: Scenario) -> list[tuple[datetime, datetime]]:
    """Return the calendar months of the history, the first and the last cut to it."""
    return _periods(scenario, months=1)


def quarters_of(scenario: Scenario) -> list[tuple[datetime, datetime]]:
    """Return the calendar quarters of the history, the first and the last cut to it."""
    return _periods(scenario, months=3)


def _periods(scenario: Scenario, months: int) -> list[tuple[datetime, datetime]]:
    periods = []
    start = scenario.start_at
    while start < scenario.end_at:
        number = (start.year * 12 + start.month - 1) // months * months + months
        end = min(datetime(number // 12, number % 12 + 1, 1), scenario.end_at)
        periods.append((start, end))
        start = end
    return periods


def tabled(truth: Truth) -> set[str]:
    """Return the ids of the SLOs that a table of counts measures, not Prometheus.

    Above scale 1 they are all of them: nobody saves millions of points as JSON.
    """
    if truth.scenario.scale > 1:
        return {slo.slo_id for slo in truth.slos}
    services = sorted({slo.service_id for slo in truth.slos})
    chosen = set(services[2::8])
    return {slo.slo_id for slo in truth.slos if slo.service_id in chosen}


@contextmanager
def opened(
    truth: Truth, draws: Draws, *, scale: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a scratch engine that holds what decides the traffic; `intervals` asks it."""
    scale = truth.scenario.scale if scale is None else scale
    interval_seconds(scale)
    with warehouse.scratch() as connection:
        for name, table in {
            "services": _services(truth, draws),
            "slos": _slos(truth, draws),
            "troubles": _troubles(truth),
        }.items():
            connection.register("given", table)
            connection.execute(f"create table {name} as select * from given")
            connection.unregister("given")
        connection.execute(_lost_shares(scale))
        yield connection


def intervals(scenario: Scenario, start: datetime, end: datetime, *, scale: int) -> str:
    """Return the SQL of every SLO's intervals that start in [start, end), for an `opened` engine.

    Columns: slo_id, service_id, interval_started_at, interval_seconds, good_count, total_count; in
    the order of SLOs and time. Start and end are whole hours.
    """
    seconds = interval_seconds(scale)
    first, last = hour_of(start), hour_of(end)
    mixed = "(xor({0}, {0} >> {1}) * {2}) & " + str(_LOW_32)
    return f"""
with

edges as (
    {expected_requests(scenario, first, last + 1)}
),

hours as (
    select
        *,
        lead(requests_micro) over (partition by service_number order by hour) as next_micro
    from edges
),

slo_hours as (
    select
        slos.slo_id,
        services.service_id,
        slos.base_ppm,
        slos.noise_key as slo_key,
        services.noise_key as service_key,
        lost_shares.lost_ppm as lost_by_part,
        hours.hour * {scale} as first_number,
        hours.requests_micro // {scale} as requests_micro,
        (hours.next_micro - hours.requests_micro) // {scale} as rise_micro
    from slos
    inner join services using (service_number)
    inner join hours using (service_number)
    left join lost_shares using (service_number, hour)
    where hours.hour < {last} and hours.hour >= slos.first_hour
    order by slos.slo_number, hours.hour
),

-- The shorter of two lists ends in nulls: an hour without trouble has none at all.
parts as (
    select *, unnest(range({scale})) as part, unnest(lost_by_part) as lost_ppm
    from slo_hours
),

-- Two SLOs of one service count the same requests: their noise is the service's.
noise as (
    select
        *,
        first_number + part as number,
        (first_number + part + service_key) & {_LOW_32} as noise_1,
        (first_number + part + slo_key) & {_LOW_32} as other_1
    from parts
),

stirred as (
    select
        *,
        {mixed.format("noise_1", 16, _MIX[0])} as noise_2,
        {mixed.format("other_1", 16, _MIX[0])} as other_2
    from noise
),

stirred_again as (
    select
        *,
        {mixed.format("noise_2", 15, _MIX[1])} as noise_3,
        {mixed.format("other_2", 15, _MIX[2])} as other_3
    from stirred
),

-- The sum of two even draws lies around 1 with a tail to 0.9 and 1.1; the rest of the bits rounds.
counted as (
    select
        *,
        (
            (requests_micro + rise_micro * (2 * part + 1) // {2 * scale})
            * (900 + (((noise_3 & 1023) + ((noise_3 >> 10) & 1023)) * 200 >> 11))
            // 1000
            + (xor(noise_3, noise_3 >> 16) * 1000000 >> 32)
        ) // 1000000 as total_count
    from stirred_again
)

select
    slo_id,
    service_id,
    timestamp '1970-01-01' + to_seconds(number * {seconds}) as interval_started_at,
    {seconds} as interval_seconds,
    total_count
        - (total_count * least(1000000, base_ppm + coalesce(lost_ppm, 0))
            + (xor(other_3, other_3 >> 16) * 1000000 >> 32)) // 1000000
        as good_count,
    total_count
from counted
"""


def write_truth_tables(truth: Truth, draws: Draws, folder: Path) -> None:
    """Write `sli_intervals.parquet`: slo_id, interval_started_at, interval_seconds and the counts.

    Only at scale 1: above it the export is a table of the same columns already, and the truth would
    be nothing but a copy of it.
    """
    if truth.scenario.scale > 1:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with opened(truth, draws) as connection:
        rows = intervals(truth.scenario, truth.scenario.start_at, truth.scenario.end_at, scale=1)
        connection.execute(
            "copy (select slo_id, interval_started_at, interval_seconds, good_count, total_count "
            f"from ({rows})) to {literal(str(folder / 'sli_intervals.parquet'))} "
            "(format parquet, compression zstd)"
        )


def write_intervals(truth: Truth, draws: Draws, folder: Path) -> None:
    """Write every SLO's intervals in the form of `sli_counts`: a Parquet file per month or less."""
    scenario = truth.scenario
    folder.mkdir(parents=True, exist_ok=True)
    slo_count = len({slo.slo_id for slo in truth.slos})
    days = max(1, ROWS_IN_MEMORY // max(1, slo_count * 24 * scenario.scale))
    with opened(truth, draws) as connection:
        for month_start, month_end in months_of(scenario):
            start = month_start
            while start < month_end:
                end = min(start + timedelta(days=days), month_end)
                rows = intervals(scenario, start, end, scale=scenario.scale)
                connection.execute(
                    "copy (select slo_id as slo, interval_started_at, interval_seconds, "
                    f"good_count, total_count from ({rows})) "
                    f"to {literal(str(folder / f'{start:%Y-%m-%d}.parquet'))} "
                    "(format parquet, compression zstd, parquet_version v2)"
                )
                start = end


def expected_requests(scenario: Scenario, first: int, last: int) -> str:
    """Return the SQL of each service's requests per hour, in millionths, at each hour's start."""
    hours, months = _listed(_HOURS), _listed((*_MONTHS, _MONTHS[0]))
    return f"""
    select
        service_number,
        hour,
        cast(
            cast(requests_per_hour as hugeint) * 1000000
            * {hours}[(hour + offset_hours) % 24 + 1] // 1000
            -- The first of January 1970 was a Thursday.
            * case
                when is_customer_facing
                    then {_listed(_CUSTOMER_DAYS)}[((hour + offset_hours) // 24 + 3) % 7 + 1]
                else {_listed(_INTERNAL_DAYS)}[((hour + offset_hours) // 24 + 3) % 7 + 1]
            end // 1000
            * (
                {months}[month(day)] * day(last_day(day))
                + ({months}[month(day) + 1] - {months}[month(day)]) * (day(day) - 1)
            ) // (1000 * day(last_day(day)))
            * greatest(
                100000,
                1000000 + growth_permille * 1000 * (hour - {hour_of(scenario.start_at)}) // 8760
            ) // 1000000
            as bigint
        ) as requests_micro
    from (
        select
            services.*,
            hours.hour,
            cast(timestamp '1970-01-01' + to_hours(hours.hour) as date) as day
        from services
        cross join range({first}, {last}) as hours (hour)
    )"""


def _lost_shares(scale: int) -> str:
    """Return the SQL of the shares that failed, in ppm: a list of an hour's intervals per service.

    An hour without trouble has no row.
    """
    seconds = 3600 // scale
    return f"""
    create table lost_shares as
    with
    numbered as (
        select *, unnest(range(start_s // {seconds}, (end_s - 1) // {seconds} + 1)) as number
        from troubles
        where end_s > start_s
    ),
    summed as (
        select
            service_number,
            number,
            sum(
                permille * 1000
                * (least(end_s, (number + 1) * {seconds}) - greatest(start_s, number * {seconds}))
                // {seconds}
            ) as lost_ppm
        from numbered
        group by service_number, number
    ),
    troubled_hours as (
        select distinct service_number, number // {scale} as hour from summed
    ),
    places as (
        select *, unnest(range({scale})) as part from troubled_hours
    )
    select
        places.service_number,
        places.hour,
        list(cast(coalesce(summed.lost_ppm, 0) as bigint) order by places.part) as lost_ppm
    from places
    left join summed
        on
            places.service_number = summed.service_number
            and places.hour * {scale} + places.part = summed.number
    group by places.service_number, places.hour
    """


def _services(truth: Truth, draws: Draws) -> pa.Table:
    rows = [
        {
            "service_number": number,
            "service_id": service.service_id,
            "requests_per_hour": service.requests_per_hour,
            "growth_permille": service.growth_permille_per_year,
            "offset_hours": _offset_hours(service.regions),
            "is_customer_facing": service.is_customer_facing,
            "noise_key": draws.bits("traffic", service.service_id) & _LOW_32,
        }
        for number, service in enumerate(truth.services)
    ]
    return pa.Table.from_pylist(
        rows,
        pa.schema(
            {
                "service_number": pa.int64(), "service_id": pa.string(),
                "requests_per_hour": pa.int64(), "growth_permille": pa.int64(),
                "offset_hours": pa.int64(), "is_customer_facing": pa.bool_(),
                "noise_key": pa.int64(),
            }
        ),
    )  # fmt: skip


def _slos(truth: Truth, draws: Draws) -> pa.Table:
    numbers = {service.service_id: place for place, service in enumerate(truth.services)}
    started = {}
    for slo in truth.slos:
        first = max(truth.service(slo.service_id).first_seen_date, truth.scenario.start_at.date())
        started.setdefault(slo.slo_id, (slo, max(first, slo.valid_from)))
    rows = [
        {
            "slo_number": number,
            "slo_id": slo_id,
            "service_number": numbers[slo.service_id],
            # On a good day it loses a small part of what its target allows.
            "base_ppm": (1_000_000 - slo.target_ppm)
            * draws.integer(50, 300, "base error", slo_id)
            // 1000,
            "noise_key": draws.bits("sli", slo_id) & _LOW_32,
            "first_hour": (first - _EPOCH.date()).days * 24,
        }
        for number, (slo_id, (slo, first)) in enumerate(started.items())
    ]
    return pa.Table.from_pylist(
        rows,
        pa.schema(
            {
                "slo_number": pa.int64(), "slo_id": pa.string(), "service_number": pa.int64(),
                "base_ppm": pa.int64(), "noise_key": pa.int64(), "first_hour": pa.int64(),
            }
        ),
    )  # fmt: skip


def _troubles(truth: Truth) -> pa.Table:
    """Return which share of which service's requests failed from when until when, and why."""
    numbers = {service.service_id: place for place, service in enumerate(truth.services)}
    end_at = truth.scenario.end_at
    troubles: list[tuple[str, datetime, datetime, int]] = []
    for incident in truth.incidents:
        if incident.is_cancelled:
            continue
        until = incident.mitigated_at or end_at
        for place, service_id in enumerate(incident.service_ids):
            permille = incident.impact_permille if place == 0 else incident.impact_permille // 2
            troubles.append((service_id, incident.impact_started_at, until, permille))
    mended = {
        deployment.remediates_deployment_id: deployment.finished_at
        for deployment in truth.deployments
        if deployment.remediates_deployment_id
    }
    for deployment in truth.deployments:
        is_failed = deployment.outcome in ("failed", "rolled_back")
        if is_failed and deployment.caused_incident_id is None:
            until = mended.get(deployment.deployment_id) or deployment.finished_at or end_at
            longest = deployment.started_at + timedelta(seconds=_FAILED_DEPLOYMENT_SECONDS)
            troubles.append(
                (
                    deployment.service_id,
                    deployment.started_at,
                    min(until, longest),
                    _FAILED_DEPLOYMENT_PERMILLE,
                )
            )
    troubles += [
        (work.service_id, work.started_at, work.ended_at, _MAINTENANCE_PERMILLE)
        for work in truth.maintenances
    ]
    columns = list(
        zip(
            *(
                (numbers[service_id], _second(start), _second(min(end, end_at)), permille)
                for service_id, start, end, permille in troubles
            ),
            strict=True,
        )
    ) or [(), (), (), ()]
    names = ("service_number", "start_s", "end_s", "permille")
    return pa.table(
        {
            name: pa.array(list(column), pa.int64())
            for name, column in zip(names, columns, strict=True)
        }
    )


def _offset_hours(regions: tuple[str, ...]) -> int:
    main = regions[0] if regions else ""
    return next((hours for name, hours in _OFFSET_HOURS.items() if main.startswith(name)), 0)


def _listed(values: tuple[int, ...]) -> str:
    return f"cast([{', '.join(str(value) for value in values)}] as bigint[])"


def _second(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)


def hour_of(moment: datetime) -> int:
    """Return an instant as hours since 1970."""
    return _second(moment) // 3600
