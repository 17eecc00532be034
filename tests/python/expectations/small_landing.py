"""A landing history made by hand: one system's table, delivery by delivery."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from nines.contracts import Column, Contract
from nines.expectations import CheckResult, Outcome, check
from nines.warehouse import connect


def column(name: str, data_type: str, **marks: object) -> Column:
    return Column(name, data_type, (name,), **marks)


CONTRACT = Contract(
    system="pagewatch",
    table="pagewatch_incidents",
    source_file=Path("_pagewatch__sources.yml"),
    description="One row per incident.",
    columns=(
        column("id", "string", required=True),
        column("status", "string", accepted=("open", "closed")),
        column("title", "string", free_text=True),
        column("created_at", "timestamp", event_time=True),
        column("resolved_at", "timestamp"),
        column("cost", "decimal(28, 12)"),
    ),
    files=("*.json",),
    key=("id",),
    delivery="changes",
)
CATALOGUE = replace(
    CONTRACT,
    system="shelf",
    table="shelf_services",
    columns=(
        column("id", "string", required=True),
        column("seen_at", "timestamp", event_time=True),
    ),
    delivery="whole",
    issue="folder",
)
SCHEMA = """
create schema raw;
create table raw._landings (
    _landing_id bigint, _landed_at timestamp, table_name string, source_system string,
    source_file string, status string, row_count bigint, issue string,
    issue_completed_at timestamp
);
create table raw.pagewatch_incidents (
    id string, status string, title string, created_at timestamp, resolved_at timestamp,
    cost decimal(28, 12), _landing_id bigint, _landed_at timestamp
);
create table raw.shelf_services (
    id string, seen_at timestamp, _landing_id bigint, _landed_at timestamp
);
"""


@dataclass
class History:
    """A warehouse whose landings a test writes one by one, a day apart."""

    warehouse: Path
    landings: int = field(default=0)

    def __post_init__(self) -> None:
        if not self.landings:
            self.sql(SCHEMA)

    def sql(self, statement: str, values: list | None = None) -> None:
        with connect(self.warehouse) as connection:
            connection.execute(statement, values)

    def land(
        self, rows: int = 40, contract: Contract = CONTRACT, issue: str | None = None, **cells: str
    ) -> None:
        """Land rows that are good but for the given SQL expressions (of the row number `n`)."""
        self.landings += 1
        landed_at = datetime(2026, 3, 1, 12) + timedelta(days=self.landings)
        self.sql(
            "insert into raw._landings values (?, ?, ?, ?, ?, 'landed', ?, ?, ?)",
            [
                self.landings,
                landed_at,
                contract.table,
                contract.system,
                f"{contract.system}/{self.landings}.json",
                rows,
                issue,
                landed_at,
            ],
        )
        event = f"timestamp '{landed_at}' - interval 1 hour"
        good = {
            "id": f"'{self.landings}-' || n",
            "status": "if(n % 2 = 0, 'open', 'closed')",
            "title": "'text ' || n",
            "created_at": event,
            "seen_at": event,
            "resolved_at": f"{event} + interval 5 minute",
            "cost": "1.5",
        } | cells
        names = [column.name for column in contract.columns]
        self.sql(
            f"insert into raw.{contract.table} select {', '.join(good[name] for name in names)}, "
            f"{self.landings}, timestamp '{landed_at}' from range({rows}) as numbers (n)"
        )

    def check(self) -> CheckResult:
        return check(self.warehouse, "landing", contracts=[CONTRACT, CATALOGUE])

    def outcome(self, name: str, table: str = CONTRACT.table) -> Outcome:
        (found,) = [one for one in self.check().outcomes if one.name == name and one.table == table]
        return found
