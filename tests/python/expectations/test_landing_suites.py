"""Each expectation about a landing fails on what it is for, and holds on a good history."""

import shutil
from pathlib import Path

import pytest
from small_landing import CATALOGUE, History


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of seven good deliveries, a day apart."""
    history = History(tmp_path_factory.mktemp("good") / "nines.duckdb")
    for _ in range(7):
        history.land()
    return history.warehouse


@pytest.fixture
def history(good: Path, tmp_path: Path) -> History:
    """The good history, for one test to go on with."""
    return History(Path(shutil.copy(good, tmp_path)), landings=7)


def test_a_good_history_holds(history: History) -> None:
    result = history.check()
    assert [one for one in result.outcomes if not one.success] == []
    assert {one.table for one in result.outcomes} >= {"pagewatch_incidents", "pagewatch"}
    assert result.subject == "7"


def test_before_any_landing_there_is_nothing_to_judge(tmp_path: Path) -> None:
    history = History(tmp_path / "nines.duckdb")
    result = history.check()
    assert result.success
    assert {one.observed for one in result.outcomes} == {"Nothing to judge yet."}
    assert result.subject == "none"


@pytest.mark.parametrize("rows", [0, 5, 400])
def test_a_delivery_of_another_size_warns(history: History, rows: int) -> None:
    history.land(rows)
    outcome = history.outcome("a delivery brings about as many rows as earlier ones")
    assert not outcome.success
    assert outcome.severity == "warning"
    assert f"brought {rows} rows where 40 are usual" in outcome.observed


def test_a_size_is_not_judged_without_five_earlier_ones(tmp_path: Path) -> None:
    history = History(tmp_path / "nines.duckdb")
    for _ in range(5):
        history.land()
    history.land(4000)
    assert history.outcome("a delivery brings about as many rows as earlier ones").success is False
    history = History(tmp_path / "younger.duckdb")
    for _ in range(4):
        history.land()
    history.land(4000)
    assert history.check().success


def test_an_issue_of_many_files_counts_as_one_delivery(tmp_path: Path) -> None:
    history = History(tmp_path / "nines.duckdb")
    for issue in range(7):
        for _ in range(4 if issue < 6 else 1):
            history.land(15, CATALOGUE, issue=f"2026-{issue}")
    # One file of four: each as long as ever, the issue a quarter of itself.
    outcome = history.outcome(
        "a delivery brings about as many rows as earlier ones", CATALOGUE.table
    )
    assert outcome.success
    history.land(15, CATALOGUE, issue="2026-7")
    history.sql("update raw._landings set row_count = 2 where issue = '2026-7'")
    outcome = history.outcome(
        "a delivery brings about as many rows as earlier ones", CATALOGUE.table
    )
    assert "brought 2 rows where 60 are usual" in outcome.observed


def test_a_column_emptier_than_before_warns(history: History) -> None:
    history.land(status="if(n % 2 = 0, 'open', null)")
    outcome = history.outcome("a column is filled as often as before")
    assert not outcome.success
    assert "status is empty in 50.0 % of 40 rows of delivery 8, 0.0 % before" in outcome.observed


@pytest.mark.parametrize("column", ["created_at", "cost"])
def test_an_instant_or_amount_that_has_gone_stops(history: History, column: str) -> None:
    history.land(**{column: "null"})
    outcome = history.outcome("an instant or an amount that was always there has not gone")
    assert not outcome.success
    assert outcome.severity == "critical"
    assert f"{column} is empty in all 40 rows" in outcome.observed
    assert not history.check().success


@pytest.mark.parametrize("column", ["status", "resolved_at"])
def test_a_text_or_an_end_that_has_gone_only_warns(history: History, column: str) -> None:
    history.land(**{column: "null"})
    assert not history.outcome("a column is filled as often as before").success
    assert history.check().success


def test_a_new_category_warns(history: History) -> None:
    history.land(status="if(n < 3, '<b>stuck</b>', 'open')")
    outcome = history.outcome("a category was seen before")
    assert not outcome.success
    assert "status has the new value '<b>stuck</b>' in 3 rows of delivery 8" in outcome.observed


def test_a_vanished_category_warns(history: History) -> None:
    history.land(status="'open'")
    outcome = history.outcome("a usual category has not vanished")
    assert not outcome.success
    assert "no longer has 'closed', of which 20.0 rows" in outcome.observed


def test_a_column_of_many_values_or_of_free_text_is_no_category(history: History) -> None:
    history.land(title="'never seen'")
    assert history.outcome("a category was seen before").success
    result = history.check()
    assert not any("title has" in one.observed for one in result.outcomes)


def test_a_system_that_falls_silent_warns(history: History) -> None:
    for _ in range(5):
        history.land(10, CATALOGUE)
    outcome = history.outcome("a system is no longer silent than it ever was", "pagewatch")
    assert not outcome.success
    assert "5 days before that of other systems; its longest gap was 1 days" in outcome.observed


def test_few_reversed_instants_hold_and_some_warn(history: History) -> None:
    history.land(
        resolved_at="if(n = 0, created_at - interval 1 day, created_at)".replace(
            "created_at", "timestamp '2026-03-09 11:00:00'"
        )
    )
    assert history.outcome("what ends has begun before").success
    history.land(resolved_at="if(n < 8, timestamp '2026-01-01', timestamp '2026-03-11')")
    outcome = history.outcome("what ends has begun before")
    assert not outcome.success
    assert "resolved_at lies before created_at in 9 of 360 rows" in outcome.observed
    assert history.outcome("instants are read the right way round").success


def test_many_reversed_instants_stop(history: History) -> None:
    for _ in range(3):
        history.land(resolved_at="timestamp '2026-01-01'")
    outcome = history.outcome("instants are read the right way round")
    assert not outcome.success
    assert outcome.severity == "critical"


def test_one_event_out_of_time_warns(history: History) -> None:
    history.land(created_at="if(n = 0, timestamp '1970-01-21', timestamp '2026-03-09')")
    outcome = history.outcome("events happen after 1999 and before they land")
    assert not outcome.success
    assert "in 1 of 320 rows" in outcome.observed
    assert history.check().success


def test_many_events_out_of_time_stop(history: History) -> None:
    for _ in range(3):
        history.land(created_at="timestamp '2999-01-01'", resolved_at="null")
    assert not history.outcome("instants are read in the right unit").success


def test_a_refused_file_warns(history: History) -> None:
    history.sql(
        "insert into raw._landings (_landing_id, table_name, source_file, status) "
        "values (8, 'pagewatch_incidents', 'pagewatch/8.json', 'refused')"
    )
    assert not history.outcome("every file was accepted").success


def test_a_file_that_was_mended_since_does_not(history: History) -> None:
    history.sql(
        "insert into raw._landings (_landing_id, table_name, source_file, status) "
        "values (0, 'pagewatch_incidents', 'pagewatch/1.json', 'refused')"
    )
    assert history.outcome("every file was accepted").success


def test_an_issue_that_waits_for_files_warns(history: History) -> None:
    history.sql("update raw._landings set issue_completed_at = null where _landing_id = 7")
    assert not history.outcome("every issue is complete").success


def test_the_page_shows_failures_escaped_and_needs_no_network(history: History) -> None:
    history.land(status="if(n < 3, '<script>alert(1)</script>', 'open')")
    result = history.check()
    page = Path(result.docs).read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert "a category was seen before" in page
