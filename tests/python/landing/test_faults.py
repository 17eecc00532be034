"""Bad input: what is refused, what is rejected, and what the message says."""

import gzip
import json
import os

import pyarrow
import pytest

from nines.contracts import ContractError, load_contracts
from nines.landing import LandingError

GOOD = "id,opened_at\nT1,2026-05-01T10:00:00Z\n"


def outcome(result, name):
    [found] = [outcome for outcome in result.files if outcome.source_file.endswith(name)]
    return found


CSV = b"id,title,opened_at\nT1,ok,2026-05-01T10:00:00Z\n"
LINE = b'{"id": "T1", "opened_at": "2026-05-01T10:00:00Z"}\n'
BAD_FILES = {
    "tickets_long.csv": (CSV + b"T2,a,b,2026-05-01T10:00:00Z\n", "line 3 has 4 columns"),
    "tickets_short.csv": (CSV + b"T2\n", "line 3 has 1 columns"),
    "tickets_quote.csv": (CSV + b'T2,"open,2026-05-01T10:00:00Z\n', "quote"),
    "tickets_latin.csv": (CSV + "T2,café,2026\n".encode("latin-1"), "line 3 is not UTF-8"),
    "tickets_header.csv": ("id,caf\xe9\n".encode("latin-1"), "byte 7 is not UTF-8"),
    "tickets_blank.csv": (b"\n\n", "no header"),
    "tickets_empty.csv": (b"", "zero bytes"),
    "tickets_empty.json": (b"", "zero bytes"),
    "tickets_cut.csv.gz": (gzip.compress(CSV * 1000)[:-20], "truncated"),
    "tickets_cut.json.gz": (b"\x1f\x8b\x08", "truncated"),
    "tickets_no.csv.gz": (CSV, "damaged"),
    "tickets_crc.csv.gz": (gzip.compress(CSV)[:-8] + b"00000000", "damaged"),
    "tickets_cut.csv.zst": (
        pyarrow.Codec("zstd").compress(os.urandom(5000), asbytes=True)[:-500], ".zst"
    ),
    "tickets_bad.jsonl": (LINE + b'{"id": "T2", "opened_at": \n' + LINE, "line 2"),
    "tickets_bad.json": (b'[{"id": "T1"}, {"id": }]', "record 2"),
    "tickets_open.json": (b'[{"id": "T1"}, {"id": "T2"}', "invalid JSON"),
    "tickets_document.json": (b'{"tickets": [{"id": "T1",}, {"id" "T2"}]}', "invalid JSON"),
    "tickets_bytes.jsonl": (LINE + b'{"id": "\xff"}\n', "line 2"),
    "tickets_html.json": (b"<html><body>Forbidden</body></html>", "invalid JSON"),
    "tickets_no.parquet": (b"PAR1 this is none", "Parquet"),
    "tickets_gone.csv": (b"ident,opened_at\nT1,2026-05-01T10:00:00Z\n", "id (from id)"),
    "tickets_gone.jsonl": (LINE.replace(b'"id"', b'"ident"'), "id (from id)"),
}  # fmt: skip


def test_a_file_at_fault_is_refused_with_its_place_and_the_others_land(place, tickets):
    tickets()
    for name, (content, _) in BAD_FILES.items():
        place.write(f"desk/{name}", content)
    place.write("desk/tickets.csv", GOOD)
    result = place.land()
    assert result.exit_status == 1
    assert outcome(result, "desk/tickets.csv").status == "landed"
    told = {name: outcome(result, name) for name in BAD_FILES}
    wrong = {
        name: (found.status, found.reason)
        for name, found in told.items()
        if found.status != "refused" or BAD_FILES[name][1] not in (found.reason or "")
    }
    assert not wrong
    assert place.query("select count(*) from raw.desk_tickets") == [(1,)]
    assert place.query(
        "select count(*) from raw._landings where status = 'refused' and reason is not null"
    ) == [(len(BAD_FILES),)]
    assert place.land().count("refused") == len(BAD_FILES), "refused files are tried again"


def test_a_missing_required_column_names_what_was_found_and_the_yaml_to_edit(place, tickets):
    tickets()
    place.write("desk/tickets.csv", "ident,opened\nT1,2026-05-01T10:00:00Z\n")
    reason = outcome(place.land(), "tickets.csv").reason
    assert "id (from id)" in reason
    assert "opened_at (from opened_at)" in reason
    assert "found: ident, opened" in reason
    assert "_desk__sources.yml" in reason


def test_a_header_alone_and_an_empty_list_are_zero_rows(place, tickets):
    tickets()
    for name, content in {
        "tickets_1.csv": "id,opened_at\n", "tickets_2.csv": "id,opened_at", "tickets_3.json": "[]",
        "tickets_4.json": '{"tickets": []}', "tickets_5.json": " [ ]\n", "tickets_6.jsonl": "\n",
        "tickets_7.json": '{"tickets": null}',
    }.items():  # fmt: skip
        place.write(f"desk/{name}", content)
    result = place.land()
    assert result.exit_status == 0, place.lines
    assert result.row_count == 0
    assert result.count("landed") == 7
    assert place.query("select sum(row_count), count(*) from raw._landings") == [(0, 7)]


def test_bad_rows_within_the_tolerance_are_kept_apart_with_their_reason(place, tickets):
    tickets()
    rows = [f"T{n},title {n},2026-05-01T10:00:00Z,{n}.5" for n in range(50)]
    rows[7] = "T7,call +44 20 7946 0958,2026-05-01T30:00:00Z,7.5"
    rows[9] = ",mail ada@example.com,2026-05-01T10:00:00Z,9.5"
    header = "id,title,opened_at,amount,owner_email"
    rows = [row + ",Ada@Example.com" for row in rows]
    place.write("desk/tickets.csv", "\n".join([header, *rows]) + "\n")
    result = place.land()
    assert result.exit_status == 0
    assert (result.row_count, result.rejected_count) == (48, 2)
    assert any("2 rows rejected" in line for line in place.lines)
    found = place.query(
        "select source_row, column_name, reason, original from raw._rejected_rows order by all"
    )
    assert [row[:2] for row in found] == [(8, "opened_at"), (10, "id")]
    original = json.loads(found[0][3])
    assert original["title"] == "call [phone]"
    assert original["opened_at"] == "2026-05-01T30:00:00Z"
    assert len(original["owner"]) == 64
    assert "ada" not in str(found).lower()
    assert place.query("select max(_source_row) from raw.desk_tickets") == [(50,)]


@pytest.mark.parametrize(
    "case",
    [(10, 20, "changes", True), (11, 20, "changes", False), (11, 1100, "changes", True),
     (12, 1100, "changes", False), (1, 5000, {"period": ["opened_at"]}, False)],
)  # fmt: skip
def test_too_many_rejects_refuse_the_whole_file(place, tickets, case):
    bad, total, delivery, lands = case
    tickets(delivery=delivery)
    rows = [f"T{n},{'never' if n < bad else '2026-05-01T10:00:00Z'}" for n in range(total)]
    place.write("desk/tickets.csv", "\n".join(["id,opened_at", *rows]))
    result = place.land()
    assert result.exit_status == (0 if lands else 1)
    assert place.query("select count(*) from raw.desk_tickets") == [(total - bad if lands else 0,)]
    assert place.query("select count(*) from raw._rejected_rows") == [(bad if lands else 0,)]


def test_what_no_contract_names_is_listed_and_only_strict_minds(place, tickets):
    tickets()
    place.write("desk/tickets.csv", GOOD)
    place.write("desk/notes.xlsx", "x")
    place.write("elsewhere/file.csv", "a\n")
    place.write("stray.csv", "a\n")
    place.write("desk/README.md", "What this is.")
    place.write("desk/.hidden", "x")
    result = place.land()
    unknown = {found.source_file for found in result.files if found.status == "unknown"}
    assert unknown == {"desk/notes.xlsx", "elsewhere", "stray.csv"}
    assert result.exit_status == 0
    assert place.land(strict=True).exit_status == 1


def test_links_out_of_the_folder_and_special_files_are_refused(place, tickets, tmp_path):
    tickets()
    secret = tmp_path / "secret.csv"
    secret.write_text(GOOD)
    inside = place.write("desk/tickets.csv", GOOD)
    (inside.parent / "tickets_link.csv").symlink_to(secret)
    (inside.parent / "tickets_nowhere.csv").symlink_to(tmp_path / "missing")
    os.mkfifo(inside.parent / "tickets_pipe.csv")
    (place.exports / "desk" / "folder").symlink_to(tmp_path)
    result = place.land()
    refused = {found.source_file for found in result.files if found.status == "refused"}
    assert refused == {
        "desk/tickets_link.csv", "desk/tickets_nowhere.csv", "desk/tickets_pipe.csv", "desk/folder"
    }  # fmt: skip
    assert place.query("select count(*) from raw.desk_tickets") == [(1,)]


@pytest.mark.parametrize(
    "name",
    ["tickets [1].csv", "tickets*.csv", "tickets'; drop table raw._landings; --.csv",
     'tickets "q".csv', "tickets\n2.csv", "tickets{1,2}?.csv", "tickets $path %s é.csv",
     "tickets\\x.csv"],
)  # fmt: skip
def test_a_file_name_is_data(place, tickets, name):
    tickets()
    place.write(f"desk/{name}", GOOD)
    assert place.land().exit_status == 0, place.lines
    assert place.query("select id, _source_file from raw.desk_tickets") == [("T1", f"desk/{name}")]
    assert place.land().count("already landed") == 1


def test_a_name_of_broken_bytes_lands_all_the_same(place, tickets):
    tickets()
    (place.exports / "desk").mkdir()
    (place.exports / "desk" / os.fsdecode(b"tickets\xff.csv")).write_text(GOOD)
    assert place.land().exit_status == 0, place.lines
    assert place.land().count("already landed") == 1


def test_compression_bombs_are_refused(place, tickets, monkeypatch):
    tickets()
    monkeypatch.setattr("nines.landing.files.MAX_EXPANDED_BYTES", 1 << 20)
    place.write("desk/tickets.csv.gz", gzip.compress(b"id,opened_at\n" + b" " * (8 << 20)))
    reason = outcome(place.land(), "tickets.csv.gz").reason
    assert "bomb" in reason


def test_a_yaml_alias_bomb_is_refused_at_once(place):
    place.contract(
        "desk_things", {"files": ["*.yaml"], "key": ["id"], "delivery": "whole"}, [{"name": "id"}]
    )
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    place.write("desk/bomb.yaml", "id: 1\n" + "\n".join(levels))
    place.write("desk/loop.yaml", "id: &loop [*loop]\n")
    place.write("desk/bad.yaml", "id: [1\nother: }\n")
    result = place.land()
    assert "alias" in outcome(result, "bomb.yaml").reason
    assert "alias" in outcome(result, "loop.yaml").reason
    assert "line 2" in outcome(result, "bad.yaml").reason


def test_a_document_too_large_is_refused_with_advice(place, tickets, monkeypatch):
    tickets()
    monkeypatch.setattr("nines.landing.readers.MAX_DOCUMENT_BYTES", 1000)
    document = {
        "tickets": [{"id": f"T{n}", "opened_at": "2026-05-01T10:00:00Z"} for n in range(40)]
    }
    place.write("desk/tickets.json", json.dumps(document, indent=1))
    assert "JSON lines" in outcome(place.land(), "tickets.json").reason


def test_messages_never_repeat_what_a_file_holds(place, tickets):
    tickets()
    secret = "ada.quill@example.com"
    place.write("desk/tickets_1.csv", f"id,opened_at\n{secret},a,b,c\n")
    place.write("desk/tickets_2.csv", f'id,opened_at\n"{secret}" x,b\n')
    place.write("desk/tickets_3.jsonl", f'{{"id": "{secret}" oops}}\n')
    place.write("desk/tickets_4.csv", f"id,opened_at\n{secret},{secret}\n")
    place.land()
    assert secret not in " ".join(place.lines)
    assert secret not in str(place.query("select * from raw._landings"))


def test_no_exports_folder_is_an_error_a_newcomer_can_act_on(place, tickets):
    tickets()
    place.exports.rmdir()
    with pytest.raises(LandingError, match="not a folder"):
        place.land()


def test_mixed_line_ends_land(place, tickets):
    tickets()
    place.write(
        "desk/tickets.csv", "id,opened_at\nT1,2026-05-01T10:00:00Z\r\nT2,2026-05-01T10:00:00Z\n"
    )
    assert place.land().exit_status == 0, place.lines
    assert place.query("select count(*) from raw.desk_tickets") == [(2,)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"fils": ["a"]}, "unknown keys \\['fils'\\]"),
        ({"delivery": "often"}, "delivery is 'often'"),
        ({"key": ["nobody"]}, "'nobody', which is not a column"),
        ({"zone": "Mars/Olympus"}, "no zone"),
        ({"filename": "("}, "no regex"),
        ({"issue": "day"}, "captures not"),
        ({"null_markers": [None]}, "quotes"),
        ({"format": "xml"}, "expected one of"),
    ],
)
def test_a_contract_at_fault_is_named_with_file_and_key(place, tickets, change, told):
    tickets(**change)
    with pytest.raises(ContractError, match=told) as caught:
        load_contracts(place.root)
    assert "_desk__sources.yml" in str(caught.value)


def test_bad_yaml_in_a_contract_is_named(place, tickets):
    tickets()
    path = next(place.root.rglob("_desk__sources.yml"))
    path.write_text("sources: [\n")
    with pytest.raises(ContractError, match="not valid YAML"):
        load_contracts(place.root)
