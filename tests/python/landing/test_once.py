"""A file lands once, whatever its name; issues replace as a whole; crashes lose nothing."""

import os
import random
import signal
import subprocess
import sys
import threading

import duckdb
import pytest

from nines.warehouse import WarehouseError


def csv(*ids, day=1):
    return "id,opened_at\n" + "".join(f"{i},2026-05-0{day}T10:00:00Z\n" for i in ids)


def statuses(result):
    return {found.source_file.split("/")[-1]: found.status for found in result.files}


def test_the_same_file_again_or_renamed_does_nothing_and_says_so(place, tickets):
    tickets()
    place.write("desk/tickets_1.csv", csv("T1"))
    place.write("desk/tickets_2.csv", csv("T2"))
    place.land()
    (place.exports / "desk/tickets_1.csv").rename(place.exports / "desk/tickets_9.csv")
    result = place.land()
    assert statuses(result) == {
        "tickets_2.csv": "already landed", "tickets_9.csv": "already landed"
    }  # fmt: skip
    assert any("the same content as desk/tickets_1.csv" in line for line in place.lines)
    assert place.query("select count(*) from raw.desk_tickets") == [(2,)]


def test_going_back_to_an_earlier_content_is_a_new_state(place, tickets):
    tickets()
    for content in (csv("T1", day=1), csv("T1", day=2), csv("T1", day=1)):
        place.write("desk/tickets.csv", content)
        assert place.land().count("landed") == 1
    assert place.query(
        "select day(opened_at) from raw.desk_tickets order by _landing_id"
    ) == [(1,), (2,), (1,)]  # fmt: skip
    assert place.query("select count(distinct _landing_id) from raw._landings") == [(3,)]


def test_going_back_under_another_name_is_a_new_state_too(place, tickets):
    tickets()
    for number, content in enumerate((csv("T1", day=1), csv("T1", day=2), csv("T1", day=1))):
        place.write(f"desk/tickets_{number}.csv", content)
        assert place.land().count("landed") == 1
    assert place.land().count("landed") == 0


@pytest.mark.parametrize("delivery", ["whole", {"period": ["id"]}])
def test_replacing_deliveries_know_an_earlier_content_that_was_replaced(place, tickets, delivery):
    tickets(delivery=delivery)
    for number, content in enumerate((csv("T1", day=1), csv("T1", day=2), csv("T1", day=1))):
        place.write(f"desk/tickets_{number}.csv", content)
        assert place.land().count("landed") == 1
    place.write("desk/tickets_copy.csv", csv("T1", day=1))
    assert place.land().count("landed") == 0, "a copy of what is in force changes nothing"


def test_a_grown_file_lands_only_what_was_added(place, tickets):
    tickets()
    place.write("desk/tickets.csv", csv("T1", "T2"))
    lines = '{"id": "L1", "opened_at": "2026-05-01T10:00:00Z"}\n'
    place.write("desk/tickets.jsonl", lines)
    place.land()
    place.write("desk/tickets.csv", csv("T1", "T2", "T3", "bad").replace("bad,2026", "bad,never"))
    place.write("desk/tickets.jsonl", lines + lines.replace("L1", "L2"))
    result = place.land()
    assert (result.row_count, result.rejected_count) == (2, 1)
    place.write(
        "desk/tickets.csv", csv("T1", "T2", "T3", "bad", "T5").replace("bad,2026", "bad,never")
    )
    assert place.land().row_count == 1
    assert place.query(
        "select id, _source_row from raw.desk_tickets order by _source_file, _source_row"
    ) == [("T1", 1), ("T2", 2), ("T3", 3), ("T5", 5), ("L1", 1), ("L2", 2)]
    assert place.query("select source_row from raw._rejected_rows") == [(4,)]


def test_a_file_cut_within_a_record_lands_again_as_a_whole(place, tickets):
    tickets()
    place.write("desk/tickets.csv", csv("T1")[:-1])
    place.land()
    place.write("desk/tickets.csv", csv("T1")[:-1] + "0\n")
    assert place.land().count("landed") + place.land().count("refused") >= 0
    place.write("desk/tickets.csv", csv("T1", "T2"))
    place.land()
    assert place.query("select count(*) from raw.desk_tickets where id = 'T2'") == [(1,)]


def test_an_array_that_grew_lands_again_as_a_new_state(place, tickets):
    tickets()
    record = '{"id": "%s", "opened_at": "2026-05-01T10:00:00Z"}'
    place.write("desk/tickets.json", f"[{record % 'T1'}]")
    place.land()
    place.write("desk/tickets.json", f"[{record % 'T1'},{record % 'T2'}]")
    assert place.land().row_count == 2


CHUNKS = {
    "files": ["bills/*/*.csv"], "key": ["id"], "delivery": {"period": ["month"]},
    "filename": r"bills/(?P<day>[^/]+)/", "issue": "day", "version": ["issued_on"],
}  # fmt: skip
COLUMNS = [
    {"name": "id", "required": True},
    {"name": "month", "required": True},
    {"name": "issued_on", "type": "date", "from": "filename.day"},
]


def test_an_issue_replaces_only_when_all_its_files_are_in(place):
    place.contract("cloud_bills", CHUNKS, COLUMNS)
    for part in (1, 2, 3):
        place.write(f"cloud/bills/2026-05-01/{part}.csv", f"id,month\nA{part},4\n")
    place.land()
    complete = (
        "select issue, count(*), count(issue_completed_at) from raw._landings "
        "where status = 'landed' group by all order by all"
    )
    assert place.query(complete) == [("2026-05-01", 3, 3)]
    place.write("cloud/bills/2026-06-01/1.csv", "id,month\nB1,4\n")
    place.write("cloud/bills/2026-06-01/2.csv", "id,month\nB2,4,too much\n")
    result = place.land()
    assert result.exit_status == 1
    assert any("earlier issue stays in force" in line for line in place.lines)
    assert place.query(complete) == [("2026-05-01", 3, 3), ("2026-06-01", 1, 0)]
    assert place.land().exit_status == 1
    assert any("earlier issue stays in force" in line for line in place.lines)
    place.write("cloud/bills/2026-06-01/2.csv", "id,month\nB2,4\n")
    assert place.land().exit_status == 0
    assert place.query(complete) == [("2026-05-01", 3, 3), ("2026-06-01", 2, 2)]
    assert place.query(
        "select distinct issue_version from raw._landings where status = 'landed' order by all"
    ) == [("2026-05-01",), ("2026-06-01",)]


def test_unchanged_files_of_a_new_issue_land_again_with_it(place):
    place.contract("cloud_bills", {**CHUNKS, "delivery": "whole"}, COLUMNS)
    for day in ("2026-05-01", "2026-06-01"):
        for part in (1, 2):
            place.write(f"cloud/bills/{day}/{part}.csv", f"id,month\nA{part},4\n")
    assert place.land().count("landed") == 4
    place.write("cloud/bills/2026-06-01/1 copy.csv", "id,month\nA1,4\n")
    assert place.land().count("landed") == 0, "a copy within its issue is nothing new"


def test_two_issues_of_one_period_in_one_run_are_noticed(place):
    columns = [column for column in COLUMNS if column["name"] != "issued_on"]
    place.contract(
        "cloud_bills",
        {"files": ["*.csv"], "key": ["id"], "delivery": {"period": ["month"]}},
        columns,
    )
    place.write("cloud/part1.csv", "id,month\nA1,4\n")
    place.write("cloud/part2.csv", "id,month\nA2,4\n")
    place.write("cloud/part3.csv", "id,month\nA3,5\n")
    result = place.land()
    [notice] = [line for line in result.notices if "part1.csv" in line]
    assert "part2.csv" in notice
    assert "part3.csv" not in notice


def test_landing_numbers_rise_and_instants_never_fall(place, tickets):
    tickets()
    for number in range(3):
        place.write(f"desk/tickets_{number}.csv", csv(f"T{number}"))
        place.land()
    rows = place.query("select _landing_id, _landed_at from raw._landings order by _landing_id")
    assert [row[0] for row in rows] == [1, 2, 3]
    assert rows == sorted(rows, key=lambda row: row[1])


def test_the_manifest_knows_the_newest_event_not_later_than_the_landing(place, tickets):
    tickets()
    place.write(
        "desk/tickets.csv", "id,opened_at\nT1,2020-05-01T10:00:00Z\nT2,9999-01-01T00:00:00Z\n"
    )
    place.land()
    [(newest,)] = place.query("select newest_event_at from raw._landings")
    assert str(newest) == "2020-05-01 10:00:00"


def test_a_new_column_is_reported_once_and_kept(place, tickets):
    tickets()
    record = '{"id": "%s", "opened_at": "2026-05-01T10:00:00Z", "self": "x"%s}\n'
    place.write("desk/tickets_1.jsonl", record % ("T1", ""))
    place.land()
    assert not any("new columns" in line for line in place.lines), "at first everything is new"
    place.write("desk/tickets_2.jsonl", record % ("T2", ', "impact": 3'))
    place.land()
    assert any("new columns in desk_tickets: impact" in line for line in place.lines)
    place.write("desk/tickets_3.jsonl", record % ("T3", ', "impact": 3'))
    place.land()
    assert not any("new columns" in line for line in place.lines)
    assert place.query("select new_columns from raw._landings order by 1") == [
        ('["impact", "self"]',), ('["impact", "self"]',), ('["self"]',)
    ]  # fmt: skip


def test_a_column_added_to_a_contract_is_added_to_the_table(place, tickets):
    tickets()
    place.write("desk/tickets_1.csv", csv("T1"))
    place.land()
    tickets()
    place.contract(
        "desk_tickets", {"files": ["tickets*.csv"], "key": ["id"], "delivery": "changes"},
        [{"name": "id", "required": True}, {"name": "opened_at", "type": "timestamp"},
         {"name": "team"}],
    )  # fmt: skip
    place.write("desk/tickets_2.csv", "id,opened_at,team\nT2,2026-05-01T10:00:00Z,red\n")
    assert place.land().exit_status == 0
    assert place.query("select id, team from raw.desk_tickets order by id") == [
        ("T1", None), ("T2", "red")
    ]  # fmt: skip


def test_a_second_landing_at_the_same_time_is_told_to_wait(place, tickets):
    tickets()
    place.write("desk/tickets.csv", csv("T1"))
    place.land()
    holder = subprocess.Popen(
        [sys.executable, "-c",
         "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()",
         str(place.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout.readline().strip() == "held"
        with pytest.raises(WarehouseError, match="in use by another process"):
            place.land()
    finally:
        holder.communicate("\n")


LAND = """
import sys
from pathlib import Path
from nines.landing import land
print("begun", flush=True)
land(Path(sys.argv[1]), root=Path(sys.argv[2]), report=lambda line: print(line, flush=True))
"""


def test_a_kill_at_any_instant_loses_nothing_and_doubles_nothing(place, tickets):
    tickets(delivery="changes")
    place.contract("cloud_bills", CHUNKS, COLUMNS)
    files, rows = 6, 20_000
    for number in range(files):
        ids = (f"T{number}-{row}" for row in range(rows))
        place.write(f"desk/tickets_{number}.csv", csv(*ids))
        place.write(f"cloud/bills/2026-05-01/{number}.csv", f"id,month\nA{number},4\n")
    chosen = random.Random(9)
    command = [sys.executable, "-c", LAND, str(place.exports), str(place.root)]
    for _ in range(8):
        running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert running.stdout.readline().strip() == "begun"
        # Kill a little after some line, to meet it at any stage of a file.
        for _ in range(chosen.randint(0, 2)):
            running.stdout.readline()
        killer = threading.Timer(chosen.random() * 0.4, os.kill, (running.pid, signal.SIGKILL))
        killer.start()
        running.stdout.read()
        running.wait()
        killer.cancel()
        killer.join()
        if place.warehouse.exists():
            with duckdb.connect(str(place.warehouse)) as connection:
                known = connection.execute(
                    "select 1 from duckdb_tables() where table_name = '_landings'"
                ).fetchone()
                if known:
                    told, there = connection.execute(
                        "select (select coalesce(sum(row_count), 0) from raw._landings "
                        "where table_name = 'desk_tickets'), "
                        "(select count(*) from raw.desk_tickets)"
                    ).fetchone()
                    assert told == there, "a file is in whole or not at all"
    assert place.land().exit_status == 0
    assert place.query("select count(*), count(distinct id) from raw.desk_tickets") == [
        (files * rows, files * rows)
    ]
    assert place.query(
        "select count(*), count(issue_completed_at) from raw._landings "
        "where table_name = 'cloud_bills'"
    ) == [(files, files)]
    leftovers = [path.name for path in place.warehouse.parent.iterdir()]
    assert leftovers == ["nines.duckdb"]
