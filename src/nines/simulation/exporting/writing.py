"""How exported text reaches files: the same bytes on every machine."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml


def write_json(path: Path, document: object) -> None:
    """Write one JSON document, indented by two."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_json_lines(path: Path, records: Iterable[object]) -> None:
    """Write one JSON record per line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def write_json_list(
    path: Path, name: str, records: Iterable[object], around: Mapping[str, object]
) -> None:
    """Write one JSON document: a list under its name, a record per line, then what is around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'{{"{name}": [')
        for number, record in enumerate(records):
            file.write(",\n" if number else "\n")
            file.write(json.dumps(record, ensure_ascii=False))
        file.write("\n]")
        for key, value in around.items():
            file.write(f", {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        file.write("}\n")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a CSV with these columns; None is an empty field."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_yaml(path: Path, documents: Iterable[object]) -> None:
    """Write YAML documents, keys in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=100)
    path.write_text(text, encoding="utf-8", newline="\n")
