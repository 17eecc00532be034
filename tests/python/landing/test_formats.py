import gzip
import json
from decimal import Decimal

import pytest

RECORDS = [
    {"id": "T1", "title": "slow", "amount": 1.5, "opened_at": "2026-05-01T10:00:00Z"},
    {"id": "T2", "title": None, "amount": None, "opened_at": "2026-05-01T12:00:00+02:00"},
]
ROWS = [
    ("T1", "slow", Decimal("1.5"), "2026-05-01 10:00:00", 1),
    ("T2", None, None, "2026-05-01 10:00:00", 2),
]
SHAPES = {
    "tickets.jsonl": "\n".join(json.dumps(record) for record in RECORDS),
    "tickets_array.json": json.dumps(RECORDS, indent=2),
    "tickets_document.json": json.dumps({"limit": 2, "tickets": RECORDS}, indent=2),
    "tickets_one_line.json": json.dumps({"limit": 2, "tickets": RECORDS}),
    "tickets.csv": (
        "id,title,amount,opened_at\r\nT1,slow,1.5,2026-05-01T10:00:00Z\r\n"
        "T2,,,2026-05-01T12:00:00+02:00\r\n"
    ),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("packing", ["", ".gz", ".zst"])
def test_every_shape_and_packing_lands_the_same_rows(place, tickets, name, packing):
    tickets()
    content = SHAPES[name].encode()
    if packing == ".gz":
        content = gzip.compress(content)
    if packing == ".zst":
        import pyarrow

        content = pyarrow.Codec("zstd").compress(content, asbytes=True)
    place.write(f"desk/{name}{packing}", content)
    result = place.land()
    assert result.exit_status == 0, place.lines
    assert (
        place.query(
            "select id, title, amount, strftime(opened_at, '%Y-%m-%d %H:%M:%S'), _source_row "
            "from raw.desk_tickets order by _source_row"
        )
        == ROWS
    )
    assert place.land().count("already landed") == 1


def test_rows_that_are_none_of_the_table_are_passed_over_and_not_rejected(place):
    place.contract(
        "shop_entities",
        {"files": ["*.yaml"], "delivery": "whole"},
        [
            {"name": "kind", "required": True, "only": ["Component", "Group"]},
            {"name": "name", "required": True},
        ],
    )
    documents = (
        "{kind: User, name: ada.quill}",
        "{kind: component, name: checkout}",
        "{kind: User}",
        "{kind: Group, name: payments}",
    )
    place.write("shop/catalogue.yaml", "\n---\n".join(documents))
    result = place.land()
    assert result.exit_status == 0
    assert place.query("select name, _source_row from raw.shop_entities order by all") == [
        ("checkout", 2),
        ("payments", 4),
    ]
    assert place.query("select count(*) from raw._rejected_rows") == [(0,)]
