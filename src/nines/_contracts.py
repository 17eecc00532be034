"""Reads what the checks and the lake need of the contracts, until nines.contracts does."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Column:
    """One column of a contract."""

    name: str
    data_type: str
    required: bool = False
    event_time: bool = False
    person: bool = False
    free_text: bool = False
    known_name: bool = False
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """One raw table."""

    system: str
    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    delivery: str = "changes"
    issue: str | None = None


def load_contracts(root: Path) -> list[Contract]:
    """Return the contract of every exported raw table."""
    contracts = []
    for path in sorted((root / "models" / "staging").rglob("*__sources.yml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            for table in source["tables"]:
                export = table.get("config", {}).get("meta", {}).get("export")
                if not export:
                    continue
                columns = []
                for column in table["columns"]:
                    meta = column.get("config", {}).get("meta", {})
                    columns.append(
                        Column(
                            name=column["name"],
                            data_type=column["data_type"],
                            required=meta.get("required", False),
                            event_time=meta.get("event_time", False),
                            person=meta.get("person", False),
                            free_text=meta.get("free_text", False),
                            known_name=meta.get("known_name", False),
                            accepted=tuple(str(one) for one in meta.get("accepted", ())),
                        )
                    )
                contracts.append(Contract(source["name"], table["name"], tuple(columns), export))
    return contracts
