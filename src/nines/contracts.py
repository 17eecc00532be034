"""Reads the landing contracts out of the dbt sources' YAML, and says what is wrong with one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")
TYPES = {"string", "timestamp", "date", "boolean", "bigint", "integer", "double"}
FORMATS = {"csv", "json", "jsonl", "parquet", "yaml"}
EPOCHS = {"epoch_seconds", "epoch_milliseconds", "epoch_microseconds", "epoch_nanoseconds"}
LINEAGE = ("_source_file", "_source_row", "_landing_id", "_landed_at")

EXPORT_KEYS = {
    "files", "format", "records", "children", "filename", "issue", "key", "version", "delivery",
    "null_markers", "delimiter", "quote", "encoding", "header_rows", "zone", "unpivot",
}  # fmt: skip
COLUMN_KEYS = {
    "from", "required", "accepted", "only", "event_time", "person", "free_text", "known_name",
    "format", "zone", "null_markers",
}  # fmt: skip


class ContractError(Exception):
    """A sources file that cannot be read as a contract; the message names the file and the key."""


@dataclass(frozen=True)
class Column:
    """One column of a contract: its type, where it comes from, and its marks."""

    name: str
    data_type: str
    sources: tuple[str, ...]  # tried in order; the first that is not null counts
    required: bool = False
    accepted: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # rows with another value are none of the table's
    event_time: bool = False
    person: bool = False
    free_text: bool = False
    known_name: bool = False
    formats: tuple[str, ...] = ("iso",)
    zone: str | None = None
    null_markers: tuple[str, ...] = ()

    @property
    def is_hashed(self) -> bool:
        """Whether the value is an identity, of which only a keyed hash may be kept."""
        return self.person or self.known_name


@dataclass(frozen=True)
class Unpivot:
    """How a wide file becomes rows: names of its header rows, of its leading columns, of a cell."""

    labels: tuple[str, ...]
    index: tuple[str, ...]
    value: str = "value"


@dataclass(frozen=True)
class Contract:
    """What one raw table expects of its export."""

    system: str
    table: str
    source_file: Path
    description: str
    columns: tuple[Column, ...]
    files: tuple[str, ...]
    key: tuple[str, ...]
    delivery: str  # changes, whole or period
    period: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    format: str | None = None
    records: str | None = None
    children: str | None = None
    filename: re.Pattern[str] | None = None
    issue: str | None = None
    null_markers: tuple[str, ...] = ()
    delimiter: str = ","
    quote: str = '"'
    encoding: str | None = None
    header_rows: int = 1
    zone: str | None = None
    unpivot: Unpivot | None = None

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns every row must fill."""
        return tuple(column for column in self.columns if column.required)

    @property
    def has_names(self) -> bool:
        """Whether this export tells the names of people to blank in free text."""
        return any(column.known_name for column in self.columns)

    def captures(self, below_system: str) -> dict[str, str]:
        """Return what the contract's `filename` regex captures in a path below the system."""
        if self.filename is None:
            return {}
        found = self.filename.search(below_system)
        return {k: v or "" for k, v in found.groupdict().items()} if found else {}


def load_contracts(root: Path) -> list[Contract]:
    """Return every contract under `root`/models/staging, in the order of system and table.

    Raises ContractError, naming file and key, for YAML that is not a contract.
    """
    contracts = [
        contract
        for path in sorted((root / "models" / "staging").glob("*/_*__sources.yml"))
        for contract in read_contracts(path)
    ]
    seen: dict[str, Contract] = {}
    for contract in contracts:
        if contract.table in seen:
            raise ContractError(
                f"{contract.source_file}: table {contract.table} is also described in "
                f"{seen[contract.table].source_file}; one table has one contract."
            )
        seen[contract.table] = contract
    return contracts


def read_contracts(path: Path) -> list[Contract]:
    """Return the contracts of one sources file; tables without `config.meta.export` have none."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not valid YAML: {error}") from error
    contracts = []
    sources = _mapping(document or {}, path, "the file").get("sources")
    for source in _mappings(sources, path, "sources"):
        system = _identifier(source.get("name"), path, "sources.name")
        for table in _mappings(source.get("tables"), path, f"{system}.tables"):
            export = _meta(table, path, str(table.get("name"))).get("export")
            if export is not None:
                contracts.append(_contract(path, system, table, export))
    return contracts


def _contract(path: Path, system: str, table: Mapping[str, Any], export: object) -> Contract:
    name = _identifier(table.get("name"), path, f"{system}.tables.name")
    where = f"{name}.config.meta.export"
    export = _mapping(export, path, where)
    _known(export, EXPORT_KEYS, path, where)
    columns = tuple(
        _column(path, name, column, export.get("zone"))
        for column in _mappings(table.get("columns"), path, f"{name}.columns")
    )
    names = [column.name for column in columns]
    for column in names:
        if names.count(column) > 1:
            raise ContractError(f"{path}: {name}.columns: {column} is there twice.")
    files = _texts(export.get("files"), path, f"{where}.files")
    if not files:
        raise ContractError(f"{path}: {where}.files is missing: say which files feed the table.")
    if not columns:
        raise ContractError(f"{path}: {name}.columns is missing: a contract names its columns.")

    delivery, period = export.get("delivery"), ()
    if isinstance(delivery, Mapping) and set(delivery) == {"period"}:
        delivery, period = "period", _texts(delivery["period"], path, f"{where}.delivery.period")
    if delivery not in ("changes", "whole") and not period:
        raise ContractError(
            f"{path}: {where}.delivery is {export.get('delivery')!r}; expected `changes`, `whole` "
            "or `{period: [columns]}`."
        )
    key = _texts(export.get("key"), path, f"{where}.key")
    version = _texts(export.get("version"), path, f"{where}.version")
    if delivery == "changes" and not key:
        raise ContractError(f"{path}: {where}.key is missing: delivery `changes` needs one.")
    for group, members in (("key", key), ("version", version), ("delivery.period", period)):
        for member in members:
            if member not in names:
                raise ContractError(
                    f"{path}: {where}.{group} names {member!r}, which is not a column of the table."
                )

    file_format = export.get("format")
    if file_format is not None and file_format not in FORMATS:
        raise ContractError(
            f"{path}: {where}.format is {file_format!r}; expected one of {sorted(FORMATS)}."
        )
    filename = None
    if export.get("filename") is not None:
        try:
            filename = re.compile(str(export["filename"]))
        except re.error as error:
            raise ContractError(f"{path}: {where}.filename is no regex: {error}") from error
    issue = export.get("issue")
    if issue is not None and (filename is None or issue not in filename.groupindex):
        raise ContractError(
            f"{path}: {where}.issue names {issue!r}, which `filename` captures not."
        )
    for column in columns:
        for source in column.sources:
            group = source.removeprefix("filename.")
            if group != source and (filename is None or group not in filename.groupindex):
                raise ContractError(
                    f"{path}: {name}.columns.{column.name}.from is {source!r}, "
                    "which `filename` captures not."
                )
    header_rows = export.get("header_rows", 1)
    if not isinstance(header_rows, int) or isinstance(header_rows, bool) or header_rows < 0:
        raise ContractError(f"{path}: {where}.header_rows is {header_rows!r}; expected a number.")
    for option in ("delimiter", "quote"):
        text = export.get(option, ",")
        if not isinstance(text, str) or len(text) > 1 or (option == "delimiter" and not text):
            raise ContractError(f"{path}: {where}.{option} is {text!r}; expected one character.")
    encoding = export.get("encoding")
    if encoding is not None:
        try:
            "".encode(encoding)
        except (LookupError, TypeError) as error:
            raise ContractError(f"{path}: {where}.encoding {encoding!r} is unknown.") from error
    return Contract(
        system=system,
        table=name,
        source_file=path,
        description=str(table.get("description") or ""),
        columns=columns,
        files=files,
        key=key,
        delivery=delivery,
        period=period,
        version=version,
        format=file_format,
        records=_path(export.get("records"), path, f"{where}.records"),
        children=_path(export.get("children"), path, f"{where}.children"),
        filename=filename,
        issue=issue,
        null_markers=_texts(export.get("null_markers"), path, f"{where}.null_markers"),
        delimiter=export.get("delimiter", ","),
        quote=export.get("quote", '"'),
        encoding=encoding,
        header_rows=header_rows,
        zone=_zone(export.get("zone"), path, f"{where}.zone"),
        unpivot=_unpivot(export.get("unpivot"), path, f"{where}.unpivot"),
    )


def _column(path: Path, table: str, column: Mapping[str, Any], zone: object) -> Column:
    name = _identifier(column.get("name"), path, f"{table}.columns.name")
    where = f"{table}.columns.{name}"
    if name in LINEAGE:
        raise ContractError(f"{path}: {where} is a name Nines keeps for itself.")
    data_type = str(column.get("data_type") or "").lower()
    decimal = DECIMAL.fullmatch(data_type)
    if decimal and int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1]):
        data_type = f"decimal({int(decimal[1])}, {int(decimal[2])})"
    elif data_type not in TYPES:
        raise ContractError(
            f"{path}: {where}.data_type is {column.get('data_type')!r}; expected one of "
            f"{sorted(TYPES)} or decimal(p, s)."
        )
    meta = _meta(column, path, where)
    _known(meta, COLUMN_KEYS, path, f"{where}.config.meta")
    flags = {}
    for flag in ("required", "event_time", "person", "free_text", "known_name"):
        flags[flag] = meta.get(flag, False)
        if not isinstance(flags[flag], bool):
            raise ContractError(f"{path}: {where}.config.meta.{flag} is not true or false.")
    if data_type != "string" and (flags["person"] or flags["free_text"] or flags["known_name"]):
        raise ContractError(f"{path}: {where}: person, free_text and known_name need a string.")
    if flags["event_time"] and data_type not in ("timestamp", "date"):
        raise ContractError(f"{path}: {where}: event_time needs a timestamp or a date.")
    formats = _texts(meta.get("format", "iso"), path, f"{where}.config.meta.format")
    for form in formats:
        if form != "iso" and form not in EPOCHS and "%" not in form:
            raise ContractError(
                f"{path}: {where}.config.meta.format {form!r} is neither `iso`, one of "
                f"{sorted(EPOCHS)}, nor a strptime format."
            )
    if "format" in meta and data_type not in ("timestamp", "date"):
        raise ContractError(f"{path}: {where}: only timestamps and dates have a format.")
    return Column(
        name=name,
        data_type=data_type,
        sources=_texts(meta.get("from", name), path, f"{where}.config.meta.from") or (name,),
        accepted=_texts(meta.get("accepted"), path, f"{where}.config.meta.accepted"),
        only=_texts(meta.get("only"), path, f"{where}.config.meta.only"),
        formats=formats,
        zone=_zone(meta.get("zone", zone), path, f"{where}.config.meta.zone"),
        null_markers=_texts(meta.get("null_markers"), path, f"{where}.config.meta.null_markers"),
        **flags,
    )


def _unpivot(value: object, path: Path, where: str) -> Unpivot | None:
    if value is None:
        return None
    value = _mapping(value, path, where)
    _known(value, {"labels", "index", "value"}, path, where)
    labels = _texts(value.get("labels"), path, f"{where}.labels")
    if not labels:
        raise ContractError(f"{path}: {where}.labels is missing: name the header rows.")
    return Unpivot(
        labels, _texts(value.get("index"), path, f"{where}.index"), str(value.get("value", "value"))
    )


def _meta(node: Mapping[str, Any], path: Path, where: str) -> Mapping[str, Any]:
    config = _mapping(node.get("config") or {}, path, f"{where}.config")
    return _mapping(config.get("meta") or {}, path, f"{where}.config.meta")


def _mapping(value: object, path: Path, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ContractError(f"{path}: {where} is {value!r}; expected keys and values.")
    return value


def _mappings(value: object, path: Path, where: str) -> Sequence[Mapping[str, Any]]:
    if value is not None and not isinstance(value, list):
        raise ContractError(f"{path}: {where} is {value!r}; expected a list.")
    return [_mapping(entry, path, where) for entry in value or []]


def _texts(value: object, path: Path, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(v, str | int | float | None) for v in value):
        # YAML reads an unquoted null, no or 1 as something else than the text the export holds.
        for text in value:
            if text is None or isinstance(text, bool):
                raise ContractError(f"{path}: {where}: put quotes around {text!r}.")
        return tuple(str(text) for text in value)
    raise ContractError(f"{path}: {where} is {value!r}; expected a text or a list of texts.")


def _path(value: object, path: Path, where: str) -> str | None:
    if value is not None and (not isinstance(value, str) or not value):
        raise ContractError(f"{path}: {where} is {value!r}; expected a dotted path.")
    return value


def _zone(value: object, path: Path, where: str) -> str | None:
    try:
        if value is not None:
            ZoneInfo(value)
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError) as error:
        raise ContractError(
            f"{path}: {where} {value!r} is no zone such as Europe/London."
        ) from error
    return value


def _identifier(value: object, path: Path, where: str) -> str:
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise ContractError(
            f"{path}: {where} is {value!r}; expected lower-case letters, digits and underscores."
        )
    return value


def _known(value: Mapping[str, Any], allowed: set[str], path: Path, where: str) -> None:
    unknown = sorted(set(map(str, value)) - allowed)
    if unknown:
        raise ContractError(
            f"{path}: {where} has unknown keys {unknown}; known are {sorted(allowed)}."
        )
