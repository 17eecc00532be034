"""The company's SLI counts as Prometheus answers: one query per team and quarter, step one hour.

Each series counts the good (of some services: the bad) or all events of one SLO. Above scale 1 the
counts are a table (`sli_counts`), and all that is left here is one answer about `up`, which counts
for no SLO; its last point is the last instant of the history.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from nines.simulation import traffic
from nines.simulation.draws import Draws
from nines.simulation.exporting.moments import quarter_name
from nines.simulation.truth import Dirt, Truth

# Dirt. None of it changes what was measured: whatever is missing or broken in one file is sound in
# one that lands too, and after it.
REPEATED_FILES = 2  # an answer saved twice
REEXPORTED_RANGES = 2  # days around the turn of a quarter, asked for again
LATE_RANGES = 2  # a week that its own file lacks and a later one has: a gap until then
UNMEASURED_POINTS = 4  # NaN and +Inf, asked for again when the values were there
UNKNOWN_SERIES = 1  # of an SLO nobody defined
REJECTED_ROWS = 2  # an answer that is an error, and one that is no range

_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1)
_UNMEASURED = ("NaN", "+Inf", "NaN", "NaN")


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer; its points are the text of a JSON list."""

    labels: dict[str, str]
    points: str

    def between(self, start: datetime, end: datetime) -> "Series":
        """Return the points of the steps that start in [start, end)."""
        first, last = _seconds(start + _HOUR), _seconds(end)
        found = [point for point in json.loads(self.points) if first <= point[0] <= last]
        return replace(self, points=_compact(found))

    def without(self, start: datetime, end: datetime) -> "Series":
        """Return the points of the other steps."""
        first, last = _seconds(start + _HOUR), _seconds(end)
        found = [point for point in json.loads(self.points) if not first <= point[0] <= last]
        return replace(self, points=_compact(found))


Answers = dict[str, list[Series]]


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the answers; the services of `traffic.tabled` SLOs are not Prometheus' business."""
    scenario = truth.scenario
    answers = {
        name: series
        for start, end in traffic.quarters_of(scenario)
        for name, series in _quarter(truth, draws, start, end)
    }
    broken: dict[str, object] = {}
    dirt = _soil(truth, draws, answers, broken) if scenario.is_dirty else []
    last_day = max(scenario.end_at - timedelta(days=1), scenario.start_at)
    answers[f"up_{last_day:%Y-%m-%d}.json"] = _up(truth, last_day)
    folder.mkdir(parents=True, exist_ok=True)
    for name, series in answers.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(_answer(series))
    for name, document in broken.items():
        (folder / name).write_text(_compact(document) + "\n", encoding="utf-8", newline="\n")
    return dirt


def _quarter(
    truth: Truth, draws: Draws, start: datetime, end: datetime
) -> Iterator[tuple[str, list[Series]]]:
    """Yield each team's file of a quarter; teams without a series have none."""
    left_out = traffic.tabled(truth)
    if truth.scenario.scale > 1:
        return
    team_of = {service.service_id: service.team_id for service in truth.services}
    with traffic.opened(truth, draws) as connection:
        rows = connection.execute(
            f"""
            with counts as ({traffic.intervals(truth.scenario, start, end, scale=1)}),
            points as (
                select
                    service_id,
                    slo_id,
                    unnest(['bad', 'good', 'total']) as sli_event,
                    unnest([total_count - good_count, good_count, total_count]) as event_count,
                    cast(epoch(interval_started_at) as bigint) + interval_seconds as ended
                from counts
            )
            select
                service_id,
                slo_id,
                sli_event,
                '[' || string_agg(
                    '[' || ended || ',"' || event_count || '"]', ',' order by ended
                ) || ']' as points
            from points
            group by service_id, slo_id, sli_event
            order by service_id, slo_id, sli_event
            """
        ).fetchall()
    latencies = {slo.slo_id for slo in truth.slos if slo.kind == "latency"}
    series = [
        (
            team_of[service_id],
            Series(_labels(service_id, slo_id, sli_event, is_latency=slo_id in latencies), points),
        )
        for service_id, slo_id, sli_event, points in rows
        if slo_id not in left_out
        and sli_event != ("good" if _counts_bad(draws, service_id) else "bad")
    ]
    series.sort(key=lambda entry: entry[0])
    for team_id, theirs in groupby(series, key=lambda entry: entry[0]):
        yield f"{team_id}_{quarter_name(start)}.json", [entry for _, entry in theirs]


def _labels(service_id: str, slo_id: str, sli_event: str, *, is_latency: bool) -> dict[str, str]:
    """Return a series' labels by name, as Prometheus writes them; fast ones come from a bucket."""
    bucket = {"le": "0.5"} if is_latency and sli_event == "good" else {}
    return {**bucket, "service": service_id, "sli_event": sli_event, "slo": slo_id}


def _counts_bad(draws: Draws, service_id: str) -> bool:
    return draws.happens(170, "prometheus", "bad events", service_id)


def _up(truth: Truth, day: datetime) -> list[Series]:
    """Return whether the targets were up, by the hour of the last day."""
    moments = [day + _HOUR * number for number in range(1, 25)]
    points = _compact([[_seconds(moment), "1"] for moment in moments])
    regions = sorted({region for service in truth.services for region in service.regions})
    return [
        Series({"__name__": "up", "instance": f"{region}:9090", "job": "node"}, points)
        for region in regions
    ]


def _soil(truth: Truth, draws: Draws, answers: Answers, broken: dict[str, object]) -> list[Dirt]:
    scenario, dirt = truth.scenario, []
    files = list(answers)
    quarters = dict(
        (quarter_name(start), (start, end)) for start, end in traffic.quarters_of(scenario)
    )

    def days_of(file: str, key: str, count: int) -> tuple[datetime, datetime]:
        """Return that many days of the file's quarter, fewer where it has fewer."""
        start, end = quarters[file.removesuffix(".json").rpartition("_")[2]]
        spare = max((end - start).days - count, 0)
        first = start + timedelta(days=draws.integer(0, spare, "prometheus", key, file))
        return first, min(first + timedelta(days=count), end)

    def told(kind: str, file: str, detail: str | None = None) -> None:
        dirt.append(Dirt(kind, "prometheus", file, detail=detail))

    for file in draws.sample(files, REEXPORTED_RANGES, "prometheus", "again"):
        team, _, quarter = file.removesuffix(".json").rpartition("_")
        start, end = quarters[quarter]
        around = max(end - timedelta(days=3), start), end + timedelta(days=2)
        again = {}
        for name in (file, f"{team}_{quarter_name(end)}.json"):
            for series in answers.get(name, []):
                key = _compact(series.labels)
                points = json.loads(series.between(*around).points)
                again.setdefault(key, []).extend(
                    point for point in points if point not in again.get(key, [])
                )
        name = f"{team}_{quarter}_again.json"
        answers[name] = [
            Series(json.loads(labels), _compact(points))
            for labels, points in again.items()
            if points
        ]
        told("reexported_record", name, file)
    for place, file in enumerate(draws.sample(files, LATE_RANGES, "prometheus", "late")):
        start, end = days_of(file, "late", 7)
        late = [series.between(start, end) for series in answers[file]]
        answers[file] = [series.without(start, end) for series in answers[file]]
        name = f"late/{file.removesuffix('.json')}_{place + 1}.json"
        answers[name] = [series for series in late if series.points != "[]"]
        told("late_record", name, file)
    for place, file in enumerate(
        draws.sample(files, UNMEASURED_POINTS, "prometheus", "unmeasured")
    ):
        number = draws.integer(0, len(answers[file]) - 1, "prometheus", "unmeasured series", file)
        series = answers[file][number]
        points = json.loads(series.points)
        if not points:
            continue
        point = draws.choice(points, "prometheus", "unmeasured point", file)
        moment = _EPOCH + timedelta(seconds=point[0])
        name = f"{file.removesuffix('.json')}_corrected.json"
        answers[name] = [series.between(moment - 3 * _HOUR, moment + 2 * _HOUR)]
        point[1] = _UNMEASURED[place]
        answers[file][number] = replace(series, points=_compact(points))
        told("unmeasured_point", file, name)
    # A copy lands as it is: after everything that is taken out of its original.
    for place, file in enumerate(draws.sample(files, REPEATED_FILES, "prometheus", "repeated")):
        name = f"{file.removesuffix('.json')}({place + 1}).json"
        answers[name] = answers[file]
        told("repeated_record", name, file)
    last_day = max(scenario.end_at - timedelta(days=1), scenario.start_at)
    for number in range(UNKNOWN_SERIES if files else 0):
        old = [
            slo.service_id
            for slo in truth.slos
            if truth.service(slo.service_id).first_seen_date <= scenario.start_at.date()
        ]
        if not old:
            continue
        labels = {"service": draws.choice(old, "prometheus", "unknown", number)}
        moments = [last_day + _HOUR * hour for hour in range(1, 13)]
        points = [[_seconds(moment), str(40 + moment.hour)] for moment in moments]
        name = f"trial_{last_day:%Y-%m-%d}_{number + 1}.json"
        answers[name] = [
            Series({**labels, "sli_event": event, "slo": "trial-of-an-slo"}, _compact(points))
            for event in ("good", "total")
        ]
        told("unknown_slo", name)
    failed, instant = f"failed_{last_day:%Y-%m-%d}.json", f"instant_{last_day:%Y-%m-%d}.json"
    broken[failed] = {
        "status": "error",
        "errorType": "timeout",
        "error": "query timed out in expression evaluation",
    }
    value = {"metric": {"job": "node"}, "value": [_seconds(last_day), "1"]}
    broken[instant] = {"status": "success", "data": {"resultType": "vector", "result": [value]}}
    for name in (failed, instant)[:REJECTED_ROWS]:
        told("rejected_row", name, name)
    return dirt


def _answer(series: list[Series]) -> Iterator[str]:
    """Yield the pieces of one answer's text, as compact as Prometheus writes it."""
    yield '{"status":"success","data":{"resultType":"matrix","result":['
    for number, entry in enumerate(series):
        comma = "," if number else ""
        yield f'{comma}{{"metric":{_compact(entry.labels)},"values":{entry.points}}}'
    yield "]}}\n"


def _compact(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _seconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1)
