"""A throwaway checkout: contracts written by the test, an exports folder, a real DuckDB file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import yaml

from nines.landing import LandingResult, land

SALT = "a salt nobody uses"


@dataclass
class Place:
    """What a test lands into."""

    root: Path
    exports: Path
    warehouse: Path
    lines: list[str] = field(default_factory=list)

    def contract(self, table: str, export: dict, columns: list[dict]) -> None:
        """Write one contract; `columns` give meta directly: {name, type, **meta}."""
        system = table.split("_", maxsplit=1)[0]
        folder = self.root / "models" / "staging" / system
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"_{system}__sources.yml"
        there = yaml.safe_load(path.read_text()) if path.exists() else None
        source = there["sources"][0] if there else {"name": system, "schema": "raw", "tables": []}
        source["tables"] = [known for known in source["tables"] if known["name"] != table]
        source["tables"].append(
            {
                "name": table,
                "description": "One row per record.",
                "config": {"meta": {"export": export}},
                "columns": [
                    {
                        "name": column["name"],
                        "data_type": column.get("type", "string"),
                        "config": {
                            "meta": {k: v for k, v in column.items() if k not in ("name", "type")}
                        },
                    }
                    for column in columns
                ],
            }
        )
        path.write_text(yaml.safe_dump({"sources": [source]}, allow_unicode=True))

    def write(self, name: str, content: str | bytes) -> Path:
        """Write an export."""
        path = self.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def land(self, **options: bool) -> LandingResult:
        """Land the exports folder."""
        self.lines.clear()
        return land(self.exports, report=self.lines.append, root=self.root, **options)

    def query(self, sql: str) -> list[tuple]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    root = tmp_path / "a checkout"
    exports = tmp_path / "the exports"
    root.mkdir()
    exports.mkdir()
    warehouse = tmp_path / "data here" / "nines.duckdb"
    monkeypatch.setenv("NINES_WAREHOUSE", str(warehouse))
    monkeypatch.setenv("NINES_SALT", SALT)
    return Place(root, exports, warehouse)


@pytest.fixture
def tickets(place: Place) -> Callable[..., None]:
    """Write the usual contract: tickets, by lines, documents, arrays or CSV."""

    def write(**export: object) -> None:
        base = {
            "files": ["tickets*.json", "tickets*.jsonl", "tickets*.csv", "tickets*.parquet"],
            "records": "tickets",
            "key": ["id"],
            "delivery": "changes",
        }
        place.contract(
            "desk_tickets",
            {**base, **export},
            [
                {"name": "id", "required": True},
                {"name": "title", "free_text": True},
                {"name": "owner", "from": "owner_email", "person": True},
                {"name": "amount", "type": "decimal(28, 12)"},
                {"name": "opened_at", "type": "timestamp", "required": True, "event_time": True},
            ],
        )

    return write
