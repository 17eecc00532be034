"""Shapes that are not a table yet: nested lists, wide files, captures, encodings, YAML, Parquet."""

import json
import os
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

ENTRY = {"id": "L2"}
REAL = Path(os.environ.get("NINES_REAL_EXPORTS") or "../shared/data/exports")


def rows(place, sql):
    return place.query(sql)


def test_children_become_a_table_of_their_own_in_the_same_transaction(place):
    files = {"files": ["incidents*.json*"], "records": "incidents", "delivery": "changes"}
    place.contract("pager_incidents", {**files, "key": ["id"]}, [{"name": "id", "required": True}])
    place.contract(
        "pager_entries",
        {**files, "children": "log_entries", "key": ["id"]},
        [
            {"name": "id", "required": True},
            {"name": "incident_id", "from": "^.id", "required": True},
            {"name": "service", "from": "^.service.summary"},
            {"name": "page", "from": "^.^.page.name"},
        ],
    )
    incidents = [
        {"id": "I1", "service": {"summary": "Checkout"}, "log_entries": [{"id": "L1"}, ENTRY]},
        {"id": "I2", "log_entries": []},
        {"id": "I3", "log_entries": None},
        {"id": "I4"},
        {"id": "I5", "service": "odd", "log_entries": [{"id": "L3"}]},
    ]  # fmt: skip
    place.write("pager/incidents.json", json.dumps({"page": {"name": "P"}, "incidents": incidents}))
    place.write("pager/incidents_lines.jsonl", "\n".join(map(json.dumps, incidents[:1])))
    assert place.land().exit_status == 0, place.lines
    assert rows(place, "select count(*) from raw.pager_incidents") == [(6,)]
    assert rows(
        place,
        "select id, incident_id, service, page, _source_row from raw.pager_entries "
        "where _source_file = 'pager/incidents.json' order by _source_row",
    ) == [
        ("L1", "I1", "Checkout", "P", 1),
        ("L2", "I1", "Checkout", "P", 2),
        ("L3", "I5", None, "P", 3),
    ]
    assert rows(place, "select count(distinct _landing_id), count(*) from raw._landings") == [
        (2, 4)
    ]


def test_a_child_at_fault_refuses_the_parents_too(place):
    files = {"files": ["a.json"], "records": "items", "delivery": "changes", "key": ["id"]}
    place.contract("pager_items", files, [{"name": "id", "required": True}])
    place.contract(
        "pager_parts", {**files, "children": "parts"}, [{"name": "id", "required": True}]
    )
    place.write("pager/a.json", '{"items": [{"id": 1, "parts": [{"ident": 2}]}]}')
    assert place.land().exit_status == 1
    assert rows(place, "select count(*) from raw.pager_items") == [(0,)]


def test_pairs_in_a_list_are_read_by_position(place):
    place.contract(
        "prom_points",
        {"files": ["*.json"], "records": "data.result", "children": "values", "key": ["seen_at"],
         "delivery": "changes"},
        [
            {"name": "service", "from": "^.metric.service"},
            {"name": "status", "from": "^.^.status"},
            {"name": "seen_at", "type": "timestamp", "from": "0", "format": "epoch_seconds"},
            {"name": "value", "type": "double", "from": "1"},
            {"name": "exact", "type": "decimal(28, 12)", "from": "1", "null_markers": ["NaN"]},
        ],
    )  # fmt: skip
    result = [
        {"metric": {"service": "s1"}, "values": [[1435781430.781, "0.25"], [1435781445, "1"]]},
        {"metric": {"service": "s2"}, "values": [[1435781430.781, "NaN"]]},
    ]
    document = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    place.write("prom/a.json", json.dumps(document))
    assert place.land().exit_status == 0, place.lines
    assert rows(
        place,
        "select service, status, cast(seen_at as varchar), exact from raw.prom_points order by all",
    ) == [
        ("s1", "success", "2015-07-01 20:10:30.781", Decimal("0.25")),
        ("s1", "success", "2015-07-01 20:10:45", Decimal(1)),
        ("s2", "success", "2015-07-01 20:10:30.781", None),
    ]
    assert rows(place, "select count(*) from raw.prom_points where isnan(value)") == [(1,)]


def test_maps_of_records_are_walked_with_a_star(place):
    place.contract(
        "kube_costs",
        {"files": ["*.json"], "records": "data.*.*", "key": ["name"], "delivery": "changes"},
        [{"name": "name", "required": True}, {"name": "cost", "type": "double"}],
    )
    data = [
        {"a": {"name": "a", "cost": 1.5}, "b": {"name": "b", "cost": 2}},
        None,
        {"a": {"name": "a"}},
    ]
    place.write("kube/a.json", json.dumps({"code": 200, "data": data}))
    assert place.land().exit_status == 0, place.lines
    assert rows(place, "select name, cost from raw.kube_costs order by _source_row") == [
        ("a", 1.5), ("b", 2.0), ("a", None)
    ]  # fmt: skip


def test_captures_of_the_file_name_are_columns(place):
    place.contract(
        "bills_lines",
        {"files": ["**/*.csv"], "key": ["id"], "delivery": "changes",
         "filename": r"(?P<account>[^/]+)/bill_(?P<day>\d+)", "version": ["issued"]},
        [{"name": "id"}, {"name": "account", "from": "filename.account", "required": True},
         {"name": "issued", "type": "date", "from": "filename.day", "format": "%Y%m%d"}],
    )  # fmt: skip
    place.write("bills/a'cc/bill_20260501.csv", "id\n1\n")
    place.write("bills/empty/bill_20260601.csv", "id\n")
    assert place.land().exit_status == 0, place.lines
    assert rows(place, "select id, account, cast(issued as varchar) from raw.bills_lines") == [
        ("1", "a'cc", "2026-05-01")
    ]
    assert rows(place, "select issue_version from raw._landings order by 1") == [
        ("2026-05-01",), ("2026-06-01",)
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "shift_jis"])
def test_stated_encodings_and_byte_order_marks_are_read(place, tickets, encoding):
    stated = {} if encoding in ("utf-16", "utf-8-sig") else {"encoding": encoding}
    tickets(**stated)
    title = "完了" if encoding == "shift_jis" else "café"
    text = f"id,title,opened_at\r\nT1,{title},2026-05-01T10:00:00Z\r\n"
    place.write("desk/tickets.csv", text.encode(encoding))
    assert place.land().exit_status == 0, place.lines
    assert rows(place, "select title from raw.desk_tickets") == [(title,)]


def test_json_with_a_byte_order_mark_lands(place, tickets):
    tickets()
    line = '{"id": "T1", "opened_at": "2026-05-01T10:00:00Z"}\n'
    place.write("desk/tickets.jsonl", line.encode("utf-8-sig"))
    assert place.land().exit_status == 0, place.lines


def test_delimiters_quotes_and_header_rows_are_stated(place, tickets):
    tickets(delimiter=";", quote="'", header_rows=2)
    place.write(
        "desk/tickets.csv",
        "Export of tickets;;\nid;title;opened_at\nT1;'a;b ''c''\nnext';2026-05-01T10:00:00Z\n"
        "T2;x;2026-05-01T10:00:00Z\n",
    )
    assert place.land().exit_status == 0, place.lines
    assert rows(place, "select id, title, _source_row from raw.desk_tickets order by 1") == [
        ("T1", "a;b 'c'\nnext", 1), ("T2", "x", 2)
    ]  # fmt: skip


def test_columns_are_found_whatever_their_place_and_case(place, tickets):
    tickets()
    place.write("desk/tickets_1.csv", "Opened_At,extra,ID\n2026-05-01T10:00:00Z,x,T1\n")
    assert place.land().exit_status == 0, place.lines
    assert rows(place, "select id, new_columns from raw.desk_tickets, raw._landings") == [
        ("T1", '["extra"]')
    ]


def test_yaml_documents_are_rows_and_every_scalar_is_its_text(place):
    place.contract(
        "slo_objectives",
        {"files": ["**/*.yaml"], "key": ["name"], "delivery": "whole"},
        [{"name": "name", "from": "metadata.name", "required": True}, {"name": "kind"},
         {"name": "target", "type": "decimal(28, 12)", "from": "spec.target"},
         {"name": "version", "from": "spec.version"}, {"name": "country", "from": "spec.country"},
         {"name": "owner", "from": "spec.owner"}, {"name": "labels", "from": "metadata.labels"}],
    )  # fmt: skip
    place.write(
        "slo/a/b.yaml",
        "kind: SLO\nmetadata: {name: one, labels: {tier: 1}}\n"
        "spec: {target: 0.990, version: 1.10, country: no, owner: ~}\n"
        "---\nkind: SLO\nmetadata:\n  name: two\n---\n",
    )
    assert place.land().exit_status == 0, place.lines
    assert rows(
        place,
        "select name, kind, target, version, country, owner, labels, _source_row "
        "from raw.slo_objectives",
    ) == [
        ("one", "SLO", Decimal("0.99"), "1.10", "no", None, '{"tier":"1"}', 1),
        ("two", "SLO", None, None, None, None, None, 2),
    ]  # fmt: skip


def test_parquet_keeps_its_decimals_and_reads_nested_fields(place, tickets, tmp_path):
    place.contract(
        "cloud_lines",
        {"files": ["*.parquet"], "key": ["id"], "delivery": "changes"},
        [{"name": "id", "type": "bigint", "required": True},
         {"name": "cost", "type": "decimal(28, 12)", "from": "Cost"},
         {"name": "service", "from": "product.name"}, {"name": "tags"},
         {"name": "seen_at", "type": "timestamp"}, {"name": "day", "type": "date"}],
    )  # fmt: skip
    target = place.exports / "cloud" / "a.parquet"
    target.parent.mkdir()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            "copy (select 9007199254740993 as id, cast(0.123456789012 as decimal(28, 12)) as cost, "
            "{'name': 'EC2'} as product, map {'service': 'checkout'} as tags, "
            "timestamptz '2026-05-01 10:00:00+02:00' as seen_at, "
            "date '2026-05-01' as day, 1 as more) "
            f"to '{target}' (format parquet)"
        )
    assert place.land().exit_status == 0, place.lines
    assert rows(
        place,
        "select id, cost, service, tags, cast(seen_at as varchar), cast(day as varchar) "
        "from raw.cloud_lines",
    ) == [
        (9007199254740993, Decimal("0.123456789012"), "EC2", '{"service":"checkout"}',
         "2026-05-01 08:00:00", "2026-05-01")
    ]  # fmt: skip
    assert rows(place, "select new_columns from raw._landings") == [('["more"]',)]


def wide(place, **unpivot):
    place.contract(
        "shop_metrics",
        {"files": ["**/metrics.csv*"], "key": ["seen_at", "service", "metric", "statistic"],
         "delivery": "changes", "header_rows": 3,
         "unpivot": {"labels": ["service", "metric", "statistic"], "index": ["unix_timestamp"],
                     "value": "value", **unpivot}},
        [{"name": "seen_at", "type": "timestamp", "from": "index.unix_timestamp",
          "format": "epoch_seconds", "required": True},
         {"name": "service", "from": "label.service"}, {"name": "metric", "from": "label.metric"},
         {"name": "statistic", "from": "label.statistic"},
         {"name": "value", "type": "double", "from": "value", "required": True}],
    )  # fmt: skip


def test_a_wide_file_is_a_row_per_filled_cell(place):
    wide(place)
    place.write(
        "shop/metrics.csv",
        'service,a,a,"b\nc"\nmetric,latency,requests,latency\nstatistic,p99,Sum,p99\n'
        "unix_timestamp,,,\n1681398600.0,0.5,,7\n1681398900.0,,3,\n",
    )
    assert place.land().exit_status == 0, place.lines
    assert rows(
        place,
        "select epoch(seen_at)::int, service, metric, statistic, value, _source_row "
        "from raw.shop_metrics order by _source_row",
    ) == [
        (1681398600, "a", "latency", "p99", 0.5, 1),
        (1681398600, "b\nc", "latency", "p99", 7.0, 2),
        (1681398900, "a", "requests", "Sum", 3.0, 3),
    ]


@pytest.mark.real
def test_the_wide_petshop_export_lands_without_its_empty_cells(place):
    export = REAL / "petshop/high_traffic/test/issue_0/metrics.csv"
    if not export.exists():
        pytest.skip(f"no real exports at {REAL}")
    wide(place)
    place.write("shop/metrics.csv", export.read_bytes())
    result = place.land()
    assert result.exit_status == 0, place.lines
    lines = export.read_text().splitlines()[4:]
    filled = sum(cell != "" for line in lines for cell in line.split(",")[1:])
    assert (result.row_count, result.rejected_count) == (filled, 0)


def test_rows_keep_the_order_of_the_file_however_it_is_read(place, tickets):
    tickets()
    count = 400_000
    title = "a title of some length, to fill several buffers"
    line = f'{{{{"id": "{{}}", "title": "{title}", "opened_at": "2026-05-01T10:00:00Z"}}}}\n'
    place.write("desk/tickets.jsonl", "".join(line.format(n) for n in range(1, count + 1)))
    csv = "id,opened_at\n" + "".join(f"{n},2026-05-01T10:00:00Z\n" for n in range(1, count + 1))
    place.write("desk/tickets.csv", csv)
    place.land()
    assert rows(
        place,
        "select _source_file, count(*), count(*) filter (where cast(id as bigint) <> _source_row) "
        "from raw.desk_tickets group by all order by all",
    ) == [("desk/tickets.csv", count, 0), ("desk/tickets.jsonl", count, 0)]


def test_a_large_document_lands_like_a_small_one_in_bounded_memory(place, monkeypatch):
    place.contract(
        "pages_hits",
        {"files": ["*.json"], "records": "data.hits", "key": ["id"], "delivery": "changes"},
        [{"name": "id", "type": "bigint", "required": True}, {"name": "text"},
         {"name": "cost", "type": "decimal(28, 12)"}, {"name": "status", "from": "^.status"},
         {"name": "total", "type": "integer", "from": "^.data.total"}],
    )  # fmt: skip
    hits = [
        {
            "id": n,
            "text": 'a "quoted\\" ] } [ text \\\\' * (n % 5),
            "cost": n + 0.125,
            "hits": [[n], {}],
        }
        for n in range(3000)
    ]
    document = {"note": "hits", "hits": [1], "status": "ok", "data": {"hits": hits, "total": 3000}}
    place.write("pages/a.json", json.dumps(document))
    place.land()
    found = "select * exclude (_landing_id, _landed_at, _source_file) from raw.pages_hits"
    whole = rows(place, f"{found} order by id")
    assert len(whole) == 3000
    assert whole[7][3:] == ("ok", 3000, 8)
    for size in (1 << 20, 1000, 7):
        monkeypatch.setattr("nines.landing.documents.CHUNK", size)
        monkeypatch.setattr("nines.landing.readers.WHOLE_BYTES", 0)
        place.warehouse.unlink()
        assert place.land().exit_status == 0, place.lines
        assert rows(place, f"{found} order by id") == whole
