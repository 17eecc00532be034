"""Say in a few lines what has landed, what was refused and what is published."""

from collections.abc import Iterator
from datetime import datetime

from nines.landing.results import rows_in_words
from nines.warehouse import connect, located, warehouse_path

LANDED = """
with latest as (
    select *
    from raw._landings
    qualify row_number() over (partition by source_file, table_name order by _landing_id desc) = 1
)

select
    source_system,
    count(distinct source_file) filter (where status = 'landed') as file_count,
    cast(sum(rejected_count) as bigint) as rejected_count,
    max(_landed_at) as landed_at,
    max(newest_event_at) as newest_event_at
from latest
group by source_system
order by source_system
"""

REFUSED = """
select source_file, reason
from raw._landings
qualify row_number() over (partition by source_file order by _landing_id desc) = 1
"""


def moment(instant: datetime | None) -> str:
    """Return an instant as people write it, in UTC; "never" when there is none."""
    return f"{instant:%Y-%m-%d %H:%M} UTC" if instant else "never"


def lines() -> Iterator[str]:
    """Yield the state of the warehouse and of its publication, a line each."""
    path = warehouse_path()
    if not path.exists():
        yield f"No warehouse at {path}. Land some exports: nines land EXPORTS"
        return
    with connect(path, read_only=True) as connection:
        has_landings = connection.sql(
            "select 1 from information_schema.tables "
            "where table_schema = 'raw' and table_name = '_landings'"
        ).fetchall()
        landed = connection.sql(LANDED).fetchall() if has_landings else []
        refused = (
            connection.sql(f"select * from ({REFUSED}) where reason is not null").fetchall()
            if has_landings
            else []
        )
    yield f"Warehouse  {path}"
    if not landed:
        yield "Nothing has landed. Land some exports: nines land EXPORTS"
    for system, files, rejected, landed_at, newest in landed:
        note = f", {rows_in_words(rejected)} rejected" if rejected else ""
        yield (
            f"  {system}: {files} files{note}; "
            f"landed {moment(landed_at)}, newest event {moment(newest)}"
        )
    for file, reason in refused:
        yield f"  refused {file}: {reason}"
    current = located("NINES_PUBLISHED", "data/published") / "current"
    if current.exists():
        yield f"Published  {current.resolve().name} at {current}"
    else:
        yield "Nothing is published. Build and publish: nines build && nines publish"
