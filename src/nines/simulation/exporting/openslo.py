"""The company's SLOs as OpenSLO v1 definitions: a dated folder per day on which some begin."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from nines.simulation.draws import Draws
from nines.simulation.exporting.alterations import markup_title
from nines.simulation.exporting.writing import write_yaml
from nines.simulation.truth import Dirt, Service, Slo, Truth

Definition = dict[str, Any]
Files = dict[str, list[Definition]]

# Dirt: definitions written again unchanged, one file that lands after its successors, one
# objective by a method that is none, and descriptions with markup.
REEXPORTED_RECORDS = 2
FILES_OUT_OF_ORDER = 1
REJECTED_ROWS = 1
MARKUP_DESCRIPTIONS = 1


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write every version of every SLO, with the service it is about; without SLOs, nothing."""
    files = _files(truth, draws)
    if not files:
        return []
    dirt = _soil(truth, draws, files) if truth.scenario.is_dirty else []
    for name, definitions in files.items():
        write_yaml(folder / name, definitions)
    return dirt


def _files(truth: Truth, draws: Draws) -> Files:
    files: Files = {}
    ordered = sorted(truth.slos, key=lambda slo: (slo.valid_from, slo.service_id))
    for (valid_from, service_id), slos in groupby(
        ordered, key=lambda slo: (slo.valid_from, slo.service_id)
    ):
        service = truth.service(service_id)
        files[f"{valid_from}/{service_id}.yaml"] = [
            _service(service),
            *_definitions(draws, service, list(slos)),
        ]
    if ordered:
        files[f"{ordered[0].valid_from}/alerts.yaml"] = [_alert_policy(ordered[0])]
    return files


def _document(kind: str, metadata: Definition, spec: Definition) -> Definition:
    return {"apiVersion": "openslo/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _service(service: Service) -> Definition:
    metadata = {"name": service.service_id, "displayName": service.title}
    return _document("Service", metadata, {"description": service.description})


def _alert_policy(slo: Slo) -> Definition:
    spec = {
        "alertWhenBreaching": True,
        "conditions": [{"conditionRef": "burns-fast"}],
        "notificationTargets": [{"targetRef": "on-call"}],
    }
    return _document("AlertPolicy", {"name": f"{slo.slo_id}-burns-fast"}, spec)


def _definitions(draws: Draws, service: Service, slos: list[Slo]) -> Iterable[Definition]:
    """Yield one definition per name; rows of one name and day are objectives of one SLO."""
    for slo_id in dict.fromkeys(slo.slo_id for slo in slos):
        objectives = [slo for slo in slos if slo.slo_id == slo_id]
        yield _definition(draws, service, objectives)


def _definition(draws: Draws, service: Service, objectives: list[Slo]) -> Definition:
    slo = objectives[0]
    metadata = {
        "name": slo.slo_id,
        "displayName": slo.display_name,
        "labels": {"is_traffic": "true" if slo.is_traffic else "false"},
    }
    spec = {
        "description": f"{slo.kind.capitalize()} of {service.title}, as its callers see it.",
        "service": slo.service_id,
        "indicator": {
            "metadata": {"name": f"{slo.slo_id}-ratio"},
            "spec": {"ratioMetric": {"counter": True, **_queries(slo)}},
        },
        "timeWindow": [_window(slo)],
        "budgetingMethod": slo.method,
        "objectives": [_objective(draws, entry) for entry in objectives],
    }
    return _document("SLO", metadata, spec)


def _queries(slo: Slo) -> Definition:
    selector = f'service="{slo.service_id}"'
    if slo.kind == "latency":
        good = f'http_request_duration_seconds_bucket{{{selector}, le="0.5"}}'
        total = f"http_request_duration_seconds_count{{{selector}}}"
    else:
        good = f'http_requests_total{{{selector}, code!~"5.."}}'
        total = f"http_requests_total{{{selector}}}"
    return {"good": _source(good), "total": _source(total)}


def _source(series: str) -> Definition:
    query = f"sum(increase({series}[1h]))"
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def _window(slo: Slo) -> Definition:
    window: Definition = {"duration": slo.window, "isRolling": slo.is_rolling}
    if slo.time_zone:
        window["calendar"] = {"startTime": "2025-01-01 00:00:00", "timeZone": slo.time_zone}
    return window


def _objective(draws: Draws, slo: Slo) -> Definition:
    """Write an objective, its target as a share or in percent, as authors like."""
    objective: Definition = {"displayName": "Promise"}
    if draws.happens(250, "openslo", "percent", slo.slo_id):
        objective["targetPercent"] = slo.target_ppm / 10_000
    else:
        objective["target"] = slo.target_ppm / 1_000_000
    if slo.slice_target_ppm is not None:
        objective["timeSliceTarget"] = slo.slice_target_ppm / 1_000_000
    if slo.slice_window:
        objective["timeSliceWindow"] = slo.slice_window
    return objective


def _soil(truth: Truth, draws: Draws, files: Files) -> list[Dirt]:
    dirt = []
    for name in draws.sample(_definition_files(files), FILES_OUT_OF_ORDER, "openslo", "order"):
        files[f"later/{name}"] = files.pop(name)
        dirt.append(Dirt("file_out_of_order", "openslo", f"later/{name}"))
    for name in draws.sample(_definition_files(files), MARKUP_DESCRIPTIONS, "openslo", "markup"):
        spec = files[name][1]["spec"]
        spec["description"] = markup_title(spec["description"])
        slo_name = files[name][1]["metadata"]["name"]
        dirt.append(Dirt("markup_title", "openslo", slo_name, detail=name))
    last_day = truth.scenario.end_at.date() - timedelta(days=1)
    for slo in draws.sample(_single_versions(truth.slos), REEXPORTED_RECORDS, "openslo", "again"):
        name = f"{last_day}/{slo.service_id}-again.yaml"
        files[name] = [_definition(draws, truth.service(slo.service_id), [slo])]
        dirt.append(Dirt("reexported_record", "openslo", slo.slo_id, detail=name))
    dirt.append(_reject(draws, files, last_day))
    return dirt


def _definition_files(files: Files) -> list[str]:
    """Return the files that hold a service and its SLOs."""
    return [name for name, documents in files.items() if len(documents) > 1]


def _single_versions(slos: list[Slo]) -> list[Slo]:
    versions = Counter(slo.slo_id for slo in slos)
    return [slo for slo in slos if versions[slo.slo_id] == 1]


def _reject(draws: Draws, files: Files, day: date) -> Dirt:
    """Add a draft whose one objective is judged by a method that does not exist."""
    file = draws.choice(_definition_files(files), "openslo", "rejected")
    sound = files[file][1]
    metadata = {**sound["metadata"], "name": "draft-of-an-slo"}
    objectives = sound["spec"]["objectives"][:1]
    spec = {**sound["spec"], "budgetingMethod": "Percentiles", "objectives": objectives}
    name = f"{day}/draft.yaml"
    files[name] = [_document("SLO", metadata, spec)]
    return Dirt("rejected_row", "openslo", "draft-of-an-slo", detail=name)
