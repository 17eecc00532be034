"""The sample company's incidents and pages come out as its story was written."""

from datetime import datetime

import pytest

from nines.warehouse import connect
from support import Company


@pytest.fixture(scope="module")
def incidents(sample_company: Company) -> dict[str, tuple]:
    with connect(sample_company.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select incident_id, opened_at, mitigated_at, mitigated_method,"
            " time_to_mitigate_seconds, is_open, is_impossible from reliability.fct_incidents"
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def test_times_with_an_offset_become_utc(incidents: dict[str, tuple]) -> None:
    assert incidents["pagerduty:PINC009"][0] == datetime(2026, 9, 17, 22, 40)


def test_an_incident_exported_again_shows_its_latest_state(incidents: dict[str, tuple]) -> None:
    assert incidents["pagerduty:PINC009"][4] is False


def test_microseconds_survive_and_durations_are_floored(incidents: dict[str, tuple]) -> None:
    opened_at, mitigated_at, _, seconds, _, _ = incidents["pagerduty:PINC005"]
    assert opened_at == datetime(2026, 5, 28, 21, 15, 30, 123456)
    assert mitigated_at == datetime(2026, 5, 28, 22, 40, 0, 654321)
    assert seconds == 5070


def test_three_systems_tell_of_one_incident_and_the_status_page_says_when_it_ended(
    incidents: dict[str, tuple],
) -> None:
    assert incidents["pagerduty:PINC001"][1:4] == (
        datetime(2026, 5, 12, 14, 40),
        "status_page",
        2280,
    )
    assert "statuspage:sp0512checkout" not in incidents


def test_an_open_and_an_impossible_incident_have_no_duration(incidents: dict[str, tuple]) -> None:
    assert incidents["pagerduty:PINC014"][1:] == (None, None, None, True, False)
    assert incidents["pagerduty:PINC010"][3:] == (None, False, True)


def test_merged_and_rejected_records_are_no_incidents(incidents: dict[str, tuple]) -> None:
    assert not {"pagerduty:PINC003", "pagerduty:PINC008", "pagerduty:PINC011"} & set(incidents)


def test_pages_are_steps_and_name_nobody(sample_company: Company) -> None:
    with connect(sample_company.warehouse, read_only=True) as connection:
        pages = connection.execute(
            "select source_incident_id, escalation_step, notification_count from oncall.fct_pages"
            " where incident_id = 'pagerduty:PINC002' order by sent_at"
        ).fetchall()
        columns = {
            name
            for (name,) in connection.execute(
                "select column_name from information_schema.columns where table_name = 'fct_pages'"
            ).fetchall()
        }
    assert pages == [
        ("pagerduty:PINC002", 1, 2),
        ("pagerduty:PINC003", 1, 1),
        ("pagerduty:PINC002", 2, 1),
    ]
    assert not columns & {"responder_key", "person_id", "user_id"}
