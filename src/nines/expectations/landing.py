"""The suites of what landed, made from the contracts and the landings before.

A *unit* is what one delivery brings: a file, or all files of an issue where the contract names one.
Units of the newest day of a table (up to its last landing) are judged, each against the units of
that table before it. Only the newest units are read (`SLICE_ROWS`), so the size of history does not
matter; the counting is done in the engine.
"""

import re
from collections.abc import Sequence

import duckdb
import polars as pl

from nines.contracts import Column, Contract
from nines.expectations.suites import BETWEEN, IN_SET, Expected, Suite, between

# How much of a table's history is read: its newest units, as long as they hold fewer rows than
# this, and always the newest five.
SLICE_UNITS = 30
SLICE_ROWS = 2_000_000
# A column of text with more values than this is no category.
CATEGORIES = 20

_STARTS = ("created", "opened", "started", "start", "begin", "triggered", "committed")
_ENDS = (
    "acknowledged", "updated", "resolved", "mitigated", "closed", "ended", "end", "finished",
    "completed", "merged",
)  # fmt: skip


def landing_suites(
    connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]
) -> list[Suite]:
    """Return the suites of the landing stage for the contracts whose tables are in raw."""
    present = {
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
    }
    if "_landings" not in present:
        return []
    contracts = [one for one in contracts if one.table in present]
    _find_units(connection, contracts)
    _count_columns(connection, contracts)
    _count_categories(connection, contracts)
    return [
        _files(connection),
        _volume(connection),
        _filling(connection),
        _categories(connection),
        _freshness(connection, contracts),
        _order(connection, contracts),
        _instants(connection, contracts),
    ]


def _find_units(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> None:
    """Fill the temp tables `units` (those read) and `unit_landings` (which landings they are)."""
    connection.execute("create temp table issue_tables (table_name string)")
    for contract in contracts:
        if contract.issue:
            connection.execute("insert into issue_tables values (?)", [contract.table])
    connection.execute(
        """
        create temp table unit_landings as
        with
        landings as (
            select
                table_name,
                _landing_id,
                _landed_at,
                row_count,
                source_file,
                coalesce(
                    if(table_name in (from issue_tables), issue, null),
                    cast(_landing_id as string)
                ) as unit
            from raw._landings
            where status = 'landed'
        )

        select *
        from landings
        qualify row_number() over (
            partition by table_name, unit, source_file order by _landing_id desc
        ) = 1
        """
    )
    connection.execute(
        f"""
        create temp table units as
        with
        brought as (
            select
                table_name,
                unit,
                max(_landing_id) as newest_landing_id,
                max(_landed_at) as landed_at,
                cast(sum(row_count) as bigint) as row_count
            from unit_landings
            group by all
        )

        select
            *,
            row_number() over (partition by table_name order by newest_landing_id) as unit_number,
            landed_at > max(landed_at) over (partition by table_name) - interval 1 day as is_judged
        from brought
        qualify
            row_number() over (partition by table_name order by newest_landing_id desc)
            <= {SLICE_UNITS}
            and (
                row_number() over (partition by table_name order by newest_landing_id desc) <= 5
                or sum(row_count) over (partition by table_name order by newest_landing_id desc)
                <= {SLICE_ROWS}
            )
        """
    )


def _count_columns(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> None:
    """Fill the temp table `filled`: one row per unit read and column, with its filled rows."""
    connection.execute(
        "create temp table filled (table_name string, column_name string, is_measure boolean, "
        "is_text boolean, unit_number bigint, row_count bigint, filled_count bigint, "
        "value_count bigint)"
    )
    for contract in contracts:
        columns = [one for one in contract.columns if not one.required]
        counts = ", ".join(
            f"count({_quoted(one.name)}), "
            + (
                f"approx_count_distinct({_quoted(one.name)})"
                if _is_category(contract, one)
                else "0"
            )
            for one in columns
        )
        if not columns:
            continue
        for unit_number, row_count, *counted in connection.execute(
            f"select unit_number, count(*), {counts} from {_rows(contract)} group by unit_number"
        ).fetchall():
            connection.executemany(
                "insert into filled values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    [
                        contract.table, one.name, _is_measure(one), _is_category(contract, one),
                        unit_number, row_count, counted[2 * place], counted[2 * place + 1],
                    ]
                    for place, one in enumerate(columns)
                ],
            )  # fmt: skip


def _count_categories(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> None:
    """Fill the temp table `categories`: one row per unit read, low-cardinality column and value."""
    connection.execute(
        "create temp table categories (table_name string, column_name string, "
        "unit_number bigint, category string, row_count bigint)"
    )
    few = set(
        connection.execute(
            "select table_name, column_name from filled where is_text group by all "
            f"having sum(filled_count) > 0 and max(value_count) <= {CATEGORIES}"
        ).fetchall()
    )
    for contract in contracts:
        for column in contract.columns:
            is_few = (contract.table, column.name) in few
            if is_few or (column.accepted and column.required and _is_category(contract, column)):
                name = _quoted(column.name)
                connection.execute(
                    f"insert into categories select ?, ?, unit_number, {name}, count(*) "
                    f"from {_rows(contract)} where {name} is not null group by all",
                    [contract.table, column.name],
                )


def _files(connection: duckdb.DuckDBPyConnection) -> Suite:
    """Every file landed, and every issue is complete: what is missing replaces nothing."""
    frame = connection.sql(
        """
        with
        newest as (
            select *
            from raw._landings
            qualify row_number() over (
                partition by table_name, source_file order by _landing_id desc
            ) = 1
        )

        select
            table_name as place,
            count(*) filter (where status = 'refused') as refused_count,
            count(*) filter (where status = 'landed' and issue_completed_at is null)
                as waiting_count
        from newest
        where table_name is not null
        group by table_name
        order by table_name
        """
    ).pl()
    return Suite(
        "files",
        frame,
        (
            Expected(
                "every file was accepted",
                "warning",
                BETWEEN,
                between("refused_count", greatest=0),
                "{refused_count} files were refused and hold nothing in the figures",
                "`nines status` gives the reasons; mend the export and land it again.",
            ),
            Expected(
                "every issue is complete",
                "warning",
                BETWEEN,
                between("waiting_count", greatest=0),
                "{waiting_count} files wait for the rest of their issue, and replace nothing yet",
                "Land the other files of the issue.",
            ),
        ),
    )


def _volume(connection: duckdb.DuckDBPyConnection) -> Suite:
    """Rows per unit against the median of at least five earlier ones, on a logarithmic scale.

    Odd is a unit with more than four times, or less than a quarter of, the median's rows, if that
    is also beyond six robust deviations (1.4826 times the MAD of the logarithms) and ten rows.
    """
    frame = connection.sql(
        """
        with
        pairs as (
            select
                judged.table_name,
                judged.unit_number,
                judged.row_count,
                ln(earlier.row_count + 1) as earlier_size,
                earlier.row_count as earlier_row_count
            from units as judged
            inner join units as earlier
                on
                    judged.table_name = earlier.table_name
                    and earlier.unit_number < judged.unit_number
            where judged.is_judged
        ),

        centred as (
            select
                *,
                median(earlier_size) over judged_unit as middle_size,
                median(earlier_row_count) over judged_unit as middle_row_count,
                count(*) over judged_unit as earlier_count
            from pairs
            window judged_unit as (partition by table_name, unit_number)
        ),

        spread as (
            select
                table_name,
                unit_number,
                row_count,
                earlier_count,
                middle_row_count,
                ln(row_count + 1) - middle_size as distance,
                greatest(ln(4), 6 * 1.4826 * median(abs(earlier_size - middle_size))) as allowed
            from centred
            group by all
        )

        select
            table_name as place,
            unit_number,
            row_count,
            earlier_count,
            cast(round(middle_row_count) as bigint) as usual_row_count,
            if(abs(row_count - middle_row_count) < 10, 0, abs(distance) / allowed) as oddness
        from spread
        where earlier_count >= 5
        order by place, unit_number
        """
    ).pl()
    return Suite(
        "volume",
        frame,
        (
            Expected(
                "a delivery brings about as many rows as earlier ones",
                "warning",
                BETWEEN,
                between("oddness", greatest=1),
                "delivery {unit_number} brought {row_count} rows where {usual_row_count} are usual "
                "(median of {earlier_count})",
                "Look whether the export was cut short, filtered, or covers another span.",
            ),
        ),
    )


def _filling(connection: duckdb.DuckDBPyConnection) -> Suite:
    """Share of empty cells per column against that of at least three earlier units together.

    Odd is a change by more than a quarter that is more than four standard errors as well. An
    amount, or the instant something began, that was always there and is now nowhere makes figures
    wrong.
    """
    frame = connection.sql(
        """
        with
        compared as (
            select
                judged.table_name,
                judged.column_name,
                judged.is_measure,
                judged.unit_number,
                judged.row_count,
                judged.filled_count,
                cast(sum(earlier.row_count) as bigint) as earlier_row_count,
                cast(sum(earlier.filled_count) as bigint) as earlier_filled_count
            from filled as judged
            inner join units
                on
                    judged.table_name = units.table_name
                    and judged.unit_number = units.unit_number
                    and units.is_judged
            inner join filled as earlier
                on
                    judged.table_name = earlier.table_name
                    and judged.column_name = earlier.column_name
                    and earlier.unit_number < judged.unit_number
            group by all
            having count(*) >= 3
        ),

        shares as (
            select
                *,
                1 - filled_count / row_count as empty_share,
                1 - earlier_filled_count / earlier_row_count as earlier_empty_share,
                (filled_count + earlier_filled_count + 1) / (row_count + earlier_row_count + 2)
                    as pooled
            from compared
            where row_count >= 10 and earlier_row_count >= 30
        )

        select
            table_name as place,
            column_name,
            unit_number,
            row_count,
            round(100 * empty_share, 1) as empty_percent,
            round(100 * earlier_empty_share, 1) as earlier_empty_percent,
            abs(empty_share - earlier_empty_share) / greatest(
                0.25,
                4 * sqrt(pooled * (1 - pooled) * (1 / row_count + 1 / earlier_row_count))
            ) as oddness,
            is_measure
            and filled_count = 0
            and row_count >= 20
            and earlier_empty_share <= 0.01 as is_gone
        from shares
        order by place, column_name, unit_number
        """
    ).pl()
    return Suite(
        "filling",
        frame,
        (
            Expected(
                "a column is filled as often as before",
                "warning",
                BETWEEN,
                between("oddness", greatest=1),
                "{column_name} is empty in {empty_percent} % of {row_count} rows of delivery "
                "{unit_number}, {earlier_empty_percent} % before",
                "Look whether the export renamed or dropped the field.",
            ),
            Expected(
                "an instant or an amount that was always there has not gone",
                "critical",
                IN_SET,
                {"column": "is_gone", "value_set": [False]},
                "{column_name} is empty in all {row_count} rows of delivery {unit_number}",
                "The export renamed or dropped the field: set the column's `from` in the contract, "
                "or take the column out of it, then land again.",
            ),
        ),
    )


def _categories(connection: duckdb.DuckDBPyConnection) -> Suite:
    """Values of low-cardinality columns against those of at least three earlier units together.

    New is a value that none of a hundred or more earlier rows has. Vanished is one of which ten
    rows or more were to be expected.
    """
    frame = connection.sql(
        f"""
        with
        sizes as (
            select table_name, column_name, unit_number, sum(row_count) as row_count
            from categories
            group by all
        ),

        compared as (
            select
                judged.table_name,
                judged.column_name,
                judged.unit_number,
                judged.row_count as unit_row_count,
                sum(earlier.row_count) as earlier_row_count
            from sizes as judged
            inner join units
                on
                    judged.table_name = units.table_name
                    and judged.unit_number = units.unit_number
                    and units.is_judged
            inner join sizes as earlier
                on
                    judged.table_name = earlier.table_name
                    and judged.column_name = earlier.column_name
                    and earlier.unit_number < judged.unit_number
            group by all
            having count(*) >= 3 and sum(earlier.row_count) >= 100
        ),

        counted as (
            select
                compared.table_name,
                compared.column_name,
                compared.unit_number,
                compared.unit_row_count,
                compared.earlier_row_count,
                categories.category,
                coalesce(sum(categories.row_count) filter (
                    where categories.unit_number = compared.unit_number
                ), 0) as row_count,
                coalesce(sum(categories.row_count) filter (
                    where categories.unit_number < compared.unit_number
                ), 0) as seen_count
            from compared
            inner join categories
                on
                    compared.table_name = categories.table_name
                    and compared.column_name = categories.column_name
                    and categories.unit_number <= compared.unit_number
            group by all
        )

        select
            table_name as place,
            column_name,
            unit_number,
            category,
            cast(row_count as bigint) as row_count,
            cast(seen_count as bigint) as seen_count,
            seen_count = 0 as is_new,
            round(seen_count / earlier_row_count * unit_row_count, 1) as usual_row_count,
            row_count = 0
            and seen_count / earlier_row_count * unit_row_count >= 10 as has_vanished
        from counted
        -- A column with a new value in every delivery is no category after all.
        qualify
            count(*) over (partition by table_name, column_name, unit_number) <= {CATEGORIES}
        order by place, column_name, unit_number, category
        """
    ).pl()
    return Suite(
        "categories",
        frame,
        (
            Expected(
                "a category was seen before",
                "warning",
                IN_SET,
                {"column": "is_new", "value_set": [False]},
                "{column_name} has the new value {category!r} in {row_count} rows of delivery "
                "{unit_number}",
                "See whether staging or a seed (severities, environments) must know it.",
            ),
            Expected(
                "a usual category has not vanished",
                "warning",
                IN_SET,
                {"column": "has_vanished", "value_set": [False]},
                "{column_name} no longer has {category!r}, of which {usual_row_count} rows of "
                "delivery {unit_number} were to be expected",
                "Look whether the export is filtered, or its vocabulary changed.",
            ),
        ),
    )


def _freshness(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> Suite:
    """Days a system has been silent, up to the newest event of any, against its own longest gap.

    No clock is read: an old export is old, and one system that lags behind the others is odd. Odd
    is a silence of more than twice the longest gap between six or more days with events.
    """
    connection.execute("create temp table event_days (source_system string, event_date date)")
    for contract in contracts:
        for column in contract.columns:
            if column.event_time:
                name = _quoted(column.name)
                connection.execute(
                    f"insert into event_days select distinct ?, cast({name} as date) "
                    f"from raw.{_quoted(contract.table)} where {name} <= _landed_at",
                    [contract.system],
                )
    frame = connection.sql(
        """
        with
        days as (select distinct source_system, event_date from event_days),

        gaps as (
            select
                source_system,
                event_date,
                event_date - lag(event_date) over (
                    partition by source_system order by event_date
                ) as gap_days
            from days
        )

        select
            source_system as place,
            strftime(max(event_date), '%Y-%m-%d') as newest_date,
            (select max(event_date) from days) - max(event_date) as silent_days,
            max(gap_days) as longest_gap_days,
            ((select max(event_date) from days) - max(event_date))
            / (2 * max(gap_days)) as oddness
        from gaps
        group by source_system
        having count(*) >= 6
        order by source_system
        """
    ).pl()
    return Suite(
        "freshness",
        frame,
        (
            Expected(
                "a system is no longer silent than it ever was",
                "warning",
                BETWEEN,
                between("oddness", greatest=1),
                "the newest event is of {newest_date}, {silent_days} days before that of other "
                "systems; its longest gap was {longest_gap_days} days",
                "See whether its newest export is missing.",
            ),
        ),
    )


def _order(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> Suite:
    """Share of rows whose end lies before their start, for each such pair of a contract.

    Single ones are findings of the `quality` marts and left out of statistics. When every fifth
    row is turned round, an instant is misread (day for month, a wrong zone) and all are in doubt.
    """
    connection.execute(
        "create temp table reversals (table_name string, start_name string, end_name string, "
        "row_count bigint, reversed_count bigint)"
    )
    for contract in contracts:
        for start, end in _pairs(contract):
            first, last = _quoted(start), _quoted(end)
            connection.execute(
                f"insert into reversals select ?, ?, ?, count(*), count(*) filter ("
                f"where {last} < {first}) from {_rows(contract)} "
                f"where {first} is not null and {last} is not null",
                [contract.table, start, end],
            )
    frame = connection.sql(
        """
        select
            table_name as place,
            start_name,
            end_name,
            row_count,
            reversed_count,
            reversed_count / row_count as reversed_share,
            reversed_count / row_count > 0.2 and row_count >= 20 as is_misread
        from reversals
        where row_count > 0
        order by all
        """
    ).pl()
    finding = "{end_name} lies before {start_name} in {reversed_count} of {row_count} rows"
    return Suite(
        "order of instants",
        frame,
        (
            Expected(
                "what ends has begun before",
                "warning",
                BETWEEN,
                between("reversed_share", greatest=0.01),
                finding,
                "The rows are listed in quality.fct_data_findings and left out of durations.",
            ),
            Expected(
                "instants are read the right way round",
                "critical",
                IN_SET,
                {"column": "is_misread", "value_set": [False]},
                finding,
                "Too many to be slips: set the columns' `format` and `zone` in the contract.",
            ),
        ),
    )


def _instants(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> Suite:
    """Share of events before the year 2000, or a day and more after they landed."""
    connection.execute(
        "create temp table strays (table_name string, column_name string, row_count bigint, "
        "stray_count bigint)"
    )
    for contract in contracts:
        for column in contract.columns:
            if column.event_time:
                name = _quoted(column.name)
                connection.execute(
                    f"insert into strays select ?, ?, count({name}), count(*) filter ("
                    f"where {name} < timestamp '2000-01-01' "
                    f"or {name} > _landed_at + interval 1 day) from {_rows(contract)}",
                    [contract.table, column.name],
                )
    frame = connection.sql(
        """
        select
            table_name as place,
            column_name,
            row_count,
            stray_count,
            stray_count / row_count > 0.2 and row_count >= 20 as is_misread
        from strays
        where row_count > 0
        order by all
        """
    ).pl()
    finding = (
        "{column_name} lies before the year 2000 or after its landing in {stray_count} of "
        "{row_count} rows"
    )
    return Suite(
        "plausible instants",
        frame,
        (
            Expected(
                "events happen after 1999 and before they land",
                "warning",
                BETWEEN,
                between("stray_count", greatest=0),
                finding,
                "Instants after their landing are left out of as_of; look at the source.",
            ),
            Expected(
                "instants are read in the right unit",
                "critical",
                IN_SET,
                {"column": "is_misread", "value_set": [False]},
                finding,
                "Too many to be slips: is it epoch seconds or milliseconds? Set `format`.",
            ),
        ),
    )


def _pairs(contract: Contract) -> list[tuple[str, str]]:
    """Return the columns of a contract of which the second tells the end of what the first starts.

    They are instants whose names differ in that word only: created_at and resolved_at, begin and
    end, charge_period_start and charge_period_end.
    """
    names = [one.name for one in contract.columns if one.data_type in ("timestamp", "date")]
    starts = {name: _without(_STARTS, name) for name in names}
    ends = {name: _without(_ENDS, name) for name in names}
    return [
        (start, end)
        for start, rest in starts.items()
        for end, other in ends.items()
        if rest is not None and rest == other
    ]


def _without(words: Sequence[str], name: str) -> str | None:
    """Return the name with the one of the words that it has put out, or None."""
    parts = name.split("_")
    return next(
        (re.sub(rf"\b{word}\b", "*", " ".join(parts)) for word in words if word in parts), None
    )


def _is_category(contract: Contract, column: Column) -> bool:
    """Return whether a column may hold a category: text that is no key, no person, no prose."""
    is_private = column.person or column.free_text or column.known_name
    return column.data_type == "string" and not is_private and column.name not in contract.key


def _is_measure(column: Column) -> bool:
    """Return whether figures are wrong without the column: an amount, or when something began.

    What ends may be missing from a whole delivery: everything in it may still go on.
    """
    is_instant = column.data_type in ("timestamp", "date")
    is_end = _without(_ENDS, column.name) is not None
    return column.data_type.startswith("decimal") or (is_instant and not is_end)


def _rows(contract: Contract) -> str:
    """Return the rows of the units read, each with its unit_number, for a from clause."""
    return (
        "(select landed.*, units.unit_number "
        f"from raw.{_quoted(contract.table)} as landed "
        f"inner join unit_landings on unit_landings.table_name = '{contract.table}' "
        "and landed._landing_id = unit_landings._landing_id "
        "inner join units on unit_landings.table_name = units.table_name "
        "and unit_landings.unit = units.unit)"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def frame_of(suites: Sequence[Suite], name: str) -> pl.DataFrame:
    """Return the frame of the suite with a name, for those who look closer."""
    return next(suite.frame for suite in suites if suite.name == name)
