"""What a cell's text becomes: exact numbers, UTC instants, or a rejected row."""

import json
from decimal import Decimal

import pytest


def land_values(place, column, values, **export):
    place.contract(
        "desk_values",
        {"files": ["values.jsonl"], "key": ["n"], "delivery": "changes", **export},
        [{"name": "n", "type": "bigint"}, {"name": "value", **column}],
    )
    lines = [f'{{"n": {n}, "value": {value}}}' for n, value in enumerate(values)]
    place.write("desk/values.jsonl", "\n".join(lines))
    result = place.land()
    assert result.count("landed") == 1, place.lines
    return {n: value for n, value in place.query("select n, value from raw.desk_values")}


def test_decimals_keep_every_digit_and_never_pass_through_a_double(place):
    values = ["0.00001605990", "123456789012345.123456789012", "-0.1", "1e-05", '"20.520226728990"',
              "0.1234567890125", "7", "12345678901234567"]  # fmt: skip
    found = land_values(place, {"type": "decimal(28, 12)"}, values)
    assert found == {
        0: Decimal("0.00001605990"),
        1: Decimal("123456789012345.123456789012"),
        2: Decimal("-0.1"),
        3: Decimal("0.00001"),
        4: Decimal("20.52022672899"),
        5: Decimal("0.123456789013"),  # half up at the twelfth place
        6: Decimal(7),
    }
    assert place.query("select source_row, column_name from raw._rejected_rows") == [(8, "value")]


def test_text_of_a_number_is_the_text_of_the_export(place):
    values = ["1.10", "0.00001605990", "123456789.123456789012345", "9007199254740993",
              '{"rate": 0.500, "note": "about 1.5, or 2.50"}', '"\\u0041 1.50"', "[0.10, 2]",
              "true", '"x\\ny"']  # fmt: skip
    found = land_values(place, {}, values)
    assert found[0] == "1.10"
    assert found[1] == "0.00001605990"
    assert found[2] == "123456789.123456789012345"
    assert found[3] == "9007199254740993"
    assert found[4] == '{"rate":0.500,"note":"about 1.5, or 2.50"}'
    assert found[5] == "A 1.50"
    assert found[6] == "[0.10,2]"
    assert found[7] == "true"
    assert found[8] == "x\ny"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-03T09:15:00Z", "2026-08-03 09:15:00"),
        ("2026-08-03 09:15:00 UTC", "2026-08-03 09:15:00"),
        ("2026-08-03T09:15Z", "2026-08-03 09:15:00"),
        ("2026-08-03T09:15:00.25Z", "2026-08-03 09:15:00.25"),
        ("2026-08-03T09:15:00.123Z", "2026-08-03 09:15:00.123"),
        ("2026-08-03T09:15:00.123456Z", "2026-08-03 09:15:00.123456"),
        ("2026-08-03T09:15:00.1234567Z", "2026-08-03 09:15:00.123456"),
        ("2026-08-03T09:15:00.123456789+01:00", "2026-08-03 08:15:00.123456"),
        ("2022-07-16T06:31:15.981+0800", "2022-07-15 22:31:15.981"),
        ("2026-08-03 09:15:00 +01:00", "2026-08-03 08:15:00"),
        ("2026-08-03T09:15:00-08", "2026-08-03 17:15:00"),
        ("2026-08-03T30:00:00Z", None),
        ("2026-08-03T09:15:00", None),  # no offset, and the contract states no zone
        ("2026-02-30T09:15:00Z", None),
        ("29/2/2016 01:16", None),
        ("infinity", None),
        ("2026-08-03", None),
    ],
)
def test_an_instant_is_utc_or_the_row_is_rejected(place, text, instant):
    found = land_values(place, {"type": "timestamp"}, [json.dumps(text), '"2026-01-01T00:00:00Z"'])
    if instant is None:
        assert 0 not in found
        [(column, reason)] = place.query("select column_name, reason from raw._rejected_rows")
        assert column == "value"
        assert "timestamp" in reason
    else:
        assert str(found[0]).rstrip("0") == instant.rstrip("0")


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("Europe/London", "2026-07-01 12:00:00", "2026-07-01 11:00:00"),
        ("Europe/London", "2026-12-01 12:00:00", "2026-12-01 12:00:00"),
        # Shown twice by clocks: the later one counts.
        ("Europe/London", "2026-10-25 01:30:00", "2026-10-25 01:30:00"),
        ("America/New_York", "2026-11-01 01:30:00", "2026-11-01 06:30:00"),
        # Never shown: moved forward by what the clocks skipped.
        ("Europe/London", "2026-03-29 01:30:00", "2026-03-29 01:30:00"),
        ("America/New_York", "2026-03-08 02:30:00", "2026-03-08 07:30:00"),
        # An offset in the text is stronger than the zone.
        ("Europe/London", "2026-07-01T12:00:00Z", "2026-07-01 12:00:00"),
        ("UTC", "2026-07-01 12:00:00", "2026-07-01 12:00:00"),
    ],
)
def test_a_stated_zone_turns_local_time_into_utc(place, zone, text, instant):
    found = land_values(place, {"type": "timestamp"}, [json.dumps(text)], zone=zone)
    assert str(found[0]) == instant


@pytest.mark.parametrize(
    ("form", "value", "instant"),
    [
        ("epoch_seconds", "1435781430.781", "2015-07-01 20:10:30.781000"),
        ("epoch_seconds", '"1681398600.0"', "2023-04-13 15:10:00"),
        ("epoch_milliseconds", "1693491974000", "2023-08-31 14:26:14"),
        ("epoch_microseconds", "1693491974000001", "2023-08-31 14:26:14.000001"),
        ("epoch_nanoseconds", "1420452193166002000", "2015-01-05 10:03:13.166002"),
        ("epoch_milliseconds", "1e30", None),
        ("%d/%m/%Y %H:%M", '"29/2/2016 01:16"', "2016-02-29 01:16:00"),
        ("%d/%m/%Y %H:%M", '"2/29/2016 01:16"', None),
        ("%d/%b/%y %I:%M %p", '"03/Sep/26 9:05 AM"', "2026-09-03 09:05:00"),
        (["iso", "epoch_milliseconds"], "1693491974000", "2023-08-31 14:26:14"),
    ],
)
def test_formats_are_stated_and_tried_in_order(place, form, value, instant):
    column = {"type": "timestamp", "format": form, "zone": "UTC"}
    found = land_values(place, column, [value, "null"])
    assert (str(found[0]) if 0 in found else None) == instant


LARGEST = 9223372036854775807


@pytest.mark.parametrize(
    ("kind", "texts", "expected"),
    [
        ("bigint", ["7", '"8.0"', '"1.5"', '"1_000"', str(LARGEST)], [7, 8, LARGEST]),
        ("integer", ["7", "3000000000"], [7]),
        ("boolean", ['"TRUE"', "false", '"yes"', "0", '"maybe"'], [True, False, True, False]),
        ("double", ["0.5", '"1e3"', '"twelve"'], [0.5, 1000.0]),
        ("date", ['"2026-08-03T00:00:00Z"', '"2026-08-03T10:00:00Z"', '"03/08/2026"'], None),
    ],
)
def test_what_does_not_fit_the_type_is_rejected_not_rounded(place, kind, texts, expected):
    found = [value for _, value in sorted(land_values(place, {"type": kind}, texts).items())]
    assert found == expected if expected else str(found[0]) == "2026-08-03"
    rejected = len(texts) - len(found)
    assert place.query("select count(*) from raw._rejected_rows") == [(rejected,)]


def test_null_markers_and_empty_text_are_null(place):
    found = land_values(
        place, {"type": "timestamp"}, ['"?"', '""', "null", '"NULL"'], null_markers=["?", "NULL"]
    )
    assert found == {0: None, 1: None, 2: None, 3: None}


def test_a_value_that_is_not_accepted_is_rejected_whatever_its_case(place):
    found = land_values(place, {"accepted": ["high", "low"]}, ['"HIGH"', '"low"', '"middling"'])
    assert found == {0: "HIGH", 1: "low"}
    assert place.query("select reason, original from raw._rejected_rows") == [
        ("not one of high, low", '{"n":"2","value":"middling"}')
    ]


def test_odd_types_and_colliding_keys_break_no_file(place):
    place.contract(
        "desk_values",
        {"files": ["values.jsonl"], "key": ["id"], "delivery": "changes"},
        [
            {"name": "id"},
            {"name": "service", "from": "service.id"},
            {"name": "text", "from": "toString"},
        ],
    )
    place.write(
        "desk/values.jsonl",
        '{"id": "a", "Id": 2, "id": 3, "service": {"id": 7}, "toString": "x"}\n'
        '{"id": [1, 2], "service": "just text", "toString": {"a": 1}}\n'
        '{"ID": 5, "id": "c", "service": [1], "a.b": {"c": null}}\n',
    )
    assert place.land().exit_status == 0
    assert place.query("select id, service, text, _source_row from raw.desk_values") == [
        ("a", "7", "x", 1), ("[1,2]", None, '{"a":1}', 2), ("c", None, None, 3),
    ]  # fmt: skip
