"""House rules a machine can check, on dbt's own manifest."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nines.warehouse import ROOT, connect
from support import Company

LAYERS = ["staging", "intermediate", "marts"]
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"staging", "intermediate", "marts", "seed"},
}
PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("dim_", "fct_", "rpt_")}
MART_SCHEMAS = {
    "core", "reliability", "delivery", "oncall", "cost", "resilience", "governance", "scorecard",
    "quality", "restricted",
}  # fmt: skip
TYPES = {"string", "bigint", "integer", "double", "boolean", "timestamp", "date", "decimal(28, 12)"}
# What a name promises of its type (house style, "Names").
PROMISES = [
    (re.compile(r"_at$"), {"timestamp"}),
    (re.compile(r"_date$"), {"date"}),
    (re.compile(r"^(is|has|was)_"), {"boolean"}),
    (re.compile(r"_seconds$"), {"bigint"}),
    (re.compile(r"_usd$"), {"decimal(28, 12)"}),
    (re.compile(r"_ratio$"), {"double"}),
    (re.compile(r"_(id|key|method)$"), {"string"}),
]
GRAIN = re.compile(r"^One row\b")


@cache
def manifest(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def project(sample_company: Company) -> dict[str, Any]:
    return manifest(sample_company.folder / "target" / "manifest.json")


def models(project: dict[str, Any]) -> list[dict[str, Any]]:
    return [node for node in project["nodes"].values() if node["resource_type"] == "model"]


def layer(node: dict[str, Any]) -> str:
    return node["fqn"][1]


def test_names_match_folders(project: dict[str, Any]) -> None:
    odd = [
        node["name"]
        for node in models(project)
        if not node["name"].startswith(PREFIXES[layer(node)])
    ]
    assert odd == []


def test_layers_read_only_from_below(project: dict[str, Any]) -> None:
    every = {**project["nodes"], **project["sources"]}
    odd = []
    for node in models(project):
        if node["name"] == "int_as_of":
            continue  # the one clock reads the landings themselves
        allowed = MAY_READ[layer(node)]
        if node["fqn"][1:3] in (["intermediate", "kpis"], ["intermediate", "periods"]):
            allowed = allowed | {"marts"}  # a KPI is a step between a fact and the scorecard
        for name in node["depends_on"]["nodes"]:
            read = every[name]
            kind = layer(read) if read["resource_type"] == "model" else read["resource_type"]
            if kind not in allowed:
                odd.append(f"{node['name']} reads {name}")
    assert odd == []


def test_staging_is_views_of_its_own_system(project: dict[str, Any]) -> None:
    odd = []
    for node in models(project):
        if layer(node) != "staging":
            continue
        system = node["fqn"][2]
        sources = {
            name.split(".")[2] for name in node["depends_on"]["nodes"] if name.startswith("source.")
        }
        if node["config"]["materialized"] != "view" or not sources <= {system, "nines"}:
            odd.append(f"{node['name']}: {node['config']['materialized']}, {sources}")
    assert odd == []


def test_every_model_says_its_grain_first(project: dict[str, Any]) -> None:
    assert [node["name"] for node in models(project) if not GRAIN.match(node["description"])] == []


def test_every_model_has_one_sidecar_of_its_name(project: dict[str, Any]) -> None:
    odd = []
    for node in models(project):
        sidecar = (node["patch_path"] or "").removeprefix("nines://")
        if Path(sidecar) != Path(node["original_file_path"]).with_suffix(".yml"):
            odd.append(f"{node['name']}: {sidecar}")
    assert odd == []


def test_marts_lie_in_the_schemas_of_the_architecture(project: dict[str, Any]) -> None:
    assert {node["schema"] for node in models(project) if layer(node) == "marts"} <= MART_SCHEMAS


def test_every_mart_column_is_typed_and_described(project: dict[str, Any]) -> None:
    odd = [
        f"{node['name']}.{column['name']}"
        for node in models(project)
        if layer(node) == "marts"
        for column in node["columns"].values()
        if not column["description"].strip() or column["data_type"] not in TYPES
    ]
    assert odd == []


def test_mart_names_keep_their_promise_of_a_type(project: dict[str, Any]) -> None:
    odd = [
        f"{node['name']}.{column['name']} is {column['data_type']}"
        for node in models(project)
        if layer(node) == "marts"
        for column in node["columns"].values()
        for pattern, kinds in PROMISES
        if pattern.search(column["name"]) and column["data_type"] not in kinds
    ]
    assert odd == []


def test_flags_in_marts_are_never_null(project: dict[str, Any]) -> None:
    odd = [
        f"{node['name']}.{column['name']}"
        for node in models(project)
        if layer(node) == "marts"
        for column in node["columns"].values()
        if column["data_type"] == "boolean"
        and "not_null" not in {constraint["type"] for constraint in column["constraints"]}
    ]
    assert odd == []


def test_every_mart_is_unique_by_something(project: dict[str, Any]) -> None:
    """Each mart has a uniqueness test on its grain."""
    tested = {
        test["attached_node"]
        for test in project["nodes"].values()
        if test["resource_type"] == "test"
        and "unique" in test.get("test_metadata", {}).get("name", "")
    }
    odd = [
        node["name"]
        for node in models(project)
        if layer(node) == "marts" and node["unique_id"] not in tested
    ]
    assert odd == []


def test_only_macros_know_which_engine_runs() -> None:
    asks = re.compile(r"target\.type|adapter\.type|target\.name")
    files = [
        *ROOT.glob("models/**/*.sql"),
        *ROOT.glob("tests/**/*.sql"),
        *ROOT.glob("macros/*.sql"),
    ]
    assert [str(path.relative_to(ROOT)) for path in files if asks.search(path.read_text())] == []


def test_every_macro_is_described(project: dict[str, Any]) -> None:
    odd = [
        macro["name"]
        for macro in project["macros"].values()
        if macro["package_name"] == "nines"
        and not macro["name"].startswith(("duckdb__", "spark__", "test_"))
        and not macro["description"].strip()
    ]
    assert odd == []


def test_no_model_selects_everything_last() -> None:
    """`select *` imports a relation or carries one forward; it never ends a model."""
    ends = re.compile(r"select\s+\*(?![\s\S]*select)", re.IGNORECASE)
    odd = []
    for path in ROOT.glob("models/**/*.sql"):
        outer = re.split(r"\n\)\s*\n\n", path.read_text())[-1]
        if ends.match(outer.strip()):
            odd.append(path.name)
    assert odd == []


def test_every_analysis_opens_with_its_question_and_runs(
    sample_company: Company, project: dict[str, Any]
) -> None:
    relations = {node["name"]: f"{node['schema']}.{node['name']}" for node in models(project)}
    files = sorted(ROOT.glob("analyses/*.sql"))
    assert files
    for path in files:
        question = path.read_text()
        assert re.match(r"-- .*\?\n", question), path.name
        compiled = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", lambda found: relations[found[1]], question)
        with connect(sample_company.warehouse, read_only=True) as warehouse:
            assert warehouse.sql(compiled).fetchall(), path.name
