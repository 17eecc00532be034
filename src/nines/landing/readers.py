"""Reads each format with the engine's own readers, everything as text, nothing guessed."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import yaml

from nines.contracts import Contract
from nines.landing.faults import RefusedFile
from nines.landing.files import CHUNK, ExportFile, Survey, byte_order_encoding, unpack
from nines.landing.sqltext import identifier, literal, literals

# A document's list is cut out and read in pieces; without one, its size is memory.
MAX_DOCUMENT_BYTES = 256 << 20
# Up to this size a document is read whole, which takes the engine some ten times that in memory.
WHOLE_BYTES = 8 << 20
# A line or an array's element; the engine keeps two of them per thread.
MAX_RECORD_BYTES = 16 << 20
# Python parses YAML, slowly; definitions and catalogues are far below this.
MAX_YAML_BYTES = 32 << 20
# Nodes after aliases are followed: an alias bomb has millions from a few lines.
MAX_YAML_NODES = 2_000_000

# New keys are looked for in every record, and beyond this size in one of so many.
LARGE_BYTES = 64 << 20
LARGE_SHARE = 16

# A JSON number with a point or an exponent, after the sign that must come before a value.
HAS_FRACTION = r"[:\[,]\s*-?[0-9]+[.eE]"
STRING_OR_FRACTION = (
    r'("(?:[^"\\]|\\.)*")|(-?[0-9]+(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+))'
)


@dataclass(frozen=True)
class Content:
    """A file ready for the engine: SQL that yields its rows, and what its header says.

    JSON yields one column `v` (a JSON value per row); the others yield text columns c0, c1, ….
    """

    relation: str
    parameters: dict[str, object]
    is_json: bool
    header: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    labels: tuple[tuple[str, ...], ...] = ()  # of a wide file: one per header row
    survey: Survey | None = None  # of JSON
    is_large: bool = False
    envelope: str | None = None  # of a list cut out of its document: the document without it


@dataclass(frozen=True)
class TableRows:
    """SQL that yields one row per row of a table, and one text expression per column."""

    relation: str
    texts: list[str]
    parameters: dict[str, object] = field(default_factory=dict)
    new_columns: tuple[str, ...] | None = ()  # None: the staged column `_keys` tells


def file_format(file: ExportFile, contract: Contract) -> str:
    """Return the format: the contract's, else the one the extension says."""
    if contract.format:
        return contract.format
    formats = {
        ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
        ".parquet": "parquet", ".yaml": "yaml", ".yml": "yaml",
    }  # fmt: skip
    if file.suffix not in formats:
        raise RefusedFile(
            f"its extension {file.suffix!r} says no format; state `format` in "
            f"{contract.source_file}, table {contract.table}"
        )
    return formats[file.suffix]


def read(
    connection: duckdb.DuckDBPyConnection,
    file: ExportFile,
    contract: Contract,
    workspace: Path,
    survey: Survey,
    *,
    start: int = 0,
) -> Content:
    """Make the file ready to be read; `start` leaves out that many bytes (of lines or CSV).

    `survey` has seen the file as it lies there; what is unpacked is surveyed here.
    Raises RefusedFile where its packing, encoding or form is at fault.
    """
    kind = file_format(file, contract)
    # The engine sees a plain name: whatever the file is called, nothing in it is a pattern.
    path = workspace / f"content-{len(list(workspace.iterdir()))}"
    with file.path.open("rb") as stream:
        beginning = stream.read(4)
    encoding = contract.encoding if kind == "csv" else None
    if encoding and encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig"):
        encoding = None
    is_text = kind != "parquet"
    if (
        file.compression
        or encoding
        or start
        or (is_text and (byte_order_encoding(beginning) or beginning.startswith(b"\xef\xbb\xbf")))
    ):
        unpack(file, path, encoding=encoding if is_text else "", start=start, survey=survey)
    else:
        path.symlink_to(file.path.resolve())
    if kind == "csv":
        return _csv(path, file, contract, start)
    if kind == "parquet":
        return _parquet(connection, path)
    if kind == "yaml":
        lines = path.with_name(path.name + "-lines")
        _yaml_lines(path, lines)
        with lines.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                survey.feed(chunk)
        return _json(lines, "newline_delimited", survey)
    form = json_form(path, is_lines=kind == "jsonl" or file.suffix in (".jsonl", ".ndjson"))
    if form == "unstructured" and path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise RefusedFile(
            f"a JSON document of {path.stat().st_size >> 20} MB; documents are read up to "
            f"{MAX_DOCUMENT_BYTES >> 20} MB. Export it as JSON lines or as a bare array, which "
            "have no limit, or in several documents"
        )
    whole = path.stat().st_size <= WHOLE_BYTES or not contract.records or "*" in contract.records
    if form == "unstructured" and not whole:
        from nines.landing.documents import cut_out  # noqa: PLC0415 (numpy, for large files)

        cut = cut_out(path, segments(contract.records), path.with_name(path.name + "-list"))
        if cut:
            return replace(_json(cut.path, "array", survey), envelope=cut.envelope)
    return _json(path, form, survey)


def table_rows(file: ExportFile, contract: Contract, content: Content) -> TableRows:
    """Return the rows of one table out of the file's content.

    Raises RefusedFile when a required column is missing from a file that has a header.
    """
    captures = contract.captures(file.below_system)
    parameters = {f"capture_{group}": text for group, text in captures.items()}
    used = {s for column in contract.columns for s in column.sources if s.startswith("filename.")}
    parameters = {k: v for k, v in parameters.items() if "filename." + k[8:] in used}
    if content.is_json:
        return _json_rows(contract, content, parameters)
    return _flat_rows(contract, content, parameters)


# JSON


def json_form(path: Path, *, is_lines: bool) -> str:
    """Return the engine's word for the form: newline_delimited, array, unstructured (documents)."""
    with path.open("rb") as stream:
        first = stream.readline(MAX_RECORD_BYTES)
        while first and not first.strip():
            first = stream.readline(MAX_RECORD_BYTES)
        second = stream.readline(1 << 16).strip()
        while second == b"" and stream.peek(1):
            second = stream.readline(1 << 16).strip()
    first = first.strip()
    if not first:
        return "newline_delimited"
    try:
        value = json.loads(first)
    except ValueError:
        value = None
        if first.startswith(b"["):
            return "array"
        if is_lines and len(first) > 1 and second.startswith(b"{"):
            return "newline_delimited"
        return "unstructured"
    if isinstance(value, list):
        holds_records = not second and (not value or isinstance(value[0], dict))
        return "array" if holds_records or not is_lines else "newline_delimited"
    return "newline_delimited"


def _json(path: Path, form: str, survey: Survey) -> Content:
    size, there = MAX_RECORD_BYTES, path.stat().st_size
    if form == "unstructured":
        size = max(size, there + 1024)
    # The engine reads fractions as doubles, which loses digits of money. Each becomes a text that
    # opens with a control sign, which no JSON text holds unescaped; `_exact` takes the sign away.
    marked = f"regexp_replace(json, {literal(STRING_OR_FRACTION)}, '\\1\x01\\2\x01', 'g')"
    marked = f"replace({marked}, '\x01\x01', '')"
    exact = f"regexp_replace({marked}, '\x01([^\x01]*)\x01', '\"\\\\u0001\\1\"', 'g')"
    value = "json"
    if survey.has_fraction:
        value = (
            f"cast(case when regexp_matches(json, {literal(HAS_FRACTION)}) then {exact} "
            "else json end as json)"
        )
    relation = (
        f"select {value} as v from read_json_objects($path, format = {literal(form)}, "
        f"compression = 'none', maximum_object_size = {size})"
    )
    return Content(
        relation, {"path": str(path)}, is_json=True, survey=survey, is_large=there > LARGE_BYTES
    )


def _json_rows(contract: Contract, content: Content, parameters: dict[str, object]) -> TableRows:
    lists = [path for path in (contract.records, contract.children) if path]
    wanted: list[list[str]] = [[] for _ in range(len(lists) + 1)]
    texts = []
    for column in contract.columns:
        tries = []
        for source in column.sources:
            if source.startswith("filename."):
                tries.append(f"cast($capture_{source[9:]} as varchar)")
                continue
            level, source_path = len(lists), source
            while source_path.startswith("^."):
                level, source_path = level - 1, source_path[2:]
            pointer = json_pointer(source_path)
            if pointer not in wanted[level]:
                wanted[level].append(pointer)
            text = f"p{level}[{wanted[level].index(pointer) + 1}]"
            tries.append(_exact(text) if content.survey.has_fraction else text)
        texts.append(tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})")
    relation, carried = content.relation, ""
    for level, path in enumerate(lists):
        if wanted[level]:
            pointers = literals(wanted[level])
            carried_here = f"{carried}json_extract_string(v, [{pointers}]) as p{level}, "
            carried += f"p{level}, "
        else:
            carried_here = carried
        is_record = level == 0 and contract.records
        if is_record and content.envelope is not None:
            parameters = {**parameters, "envelope": content.envelope}
            above = carried_here.replace("(v,", "(cast($envelope as json),")
            relation = f"select {above}v from ({relation})"
        elif content.survey.has_key(segments(path)[0]):
            missing = "[v]" if is_record else "cast([] as json[])"
            items = f"unnest({list_items('v', path, missing)})"
            relation = f"select {carried_here}{items} as v from ({relation})"
        else:
            nothing = "" if is_record else " where false"
            relation = f"select {carried_here}v from ({relation}){nothing}"
    keys = "json_keys(v)"
    if content.is_large:
        # The length of a record has nothing to do with its keys' novelty: as good as chance.
        keys = f"case when strlen(v) % {LARGE_SHARE} = 0 then {keys} end"
    pointers = literals(wanted[-1]) or "'$'"
    last = f"json_extract_string(v, [{pointers}]) as p{len(lists)}"
    relation = f"select {carried}{last}, {keys} as ks from ({relation})"
    return TableRows(relation, texts, {**content.parameters, **parameters}, None)


def segments(path: str) -> list[str]:
    """Return the parts of a dotted path; a part in double quotes may hold dots."""
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^."]+)', path)]


def json_pointer(path: str) -> str:
    """Return a dotted path as a JSON pointer; `.` is the value itself."""
    if path == ".":
        return "$"
    return "".join("/" + s.replace("~", "~0").replace("/", "~1") for s in segments(path))


def list_items(value: str, path: str, missing: str) -> str:
    """Return SQL for the list at a path of a JSON value; an object there is a list of one.

    `*` in the path goes through every element of a list or every value of an object.
    """
    parts = [part.strip(".") for part in path.split("*")]
    pointer = json_pointer(parts[0]) if parts[0] else "$"
    there = f"json_extract({value}, {literal(pointer)})"
    if len(parts) == 1:
        return (
            f"case json_type({value}, {literal(pointer)}) when 'ARRAY' then "
            f"json_extract({there}, '$[*]') when 'OBJECT' then [{there}] "
            f"when 'NULL' then cast([] as json[]) else {missing} end"
        )
    items = f"[{there}]"
    for part in parts[1:]:
        inner = (
            "case json_type(x) when 'ARRAY' then json_extract(x, '$[*]') "
            "when 'OBJECT' then json_extract(x, '$.*') else cast([] as json[]) end"
        )
        items = f"flatten(list_transform({items}, lambda x: {inner}))"
        if part:
            below = literal(json_pointer(part))
            items = f"list_transform({items}, lambda x: json_extract(x, {below}))"
    inner = "case json_type(x) when 'ARRAY' then json_extract(x, '$[*]') when 'OBJECT' then [x] end"
    return f"flatten(list_transform({items}, lambda x: {inner}))"


def _exact(text: str) -> str:
    """Return SQL that takes the signs `_json` put before fractions away again."""
    return (
        f"case when starts_with({text}, chr(1)) then {text}[2:] "
        f"when contains({text}, '\"\\u0001') "
        f"then regexp_replace({text}, '\"\\\\u0001([^\"]*)\"', '\\1', 'g') else {text} end"
    )


# YAML


class _TextLoader(yaml.CSafeLoader):
    """Reads every scalar as its text, so that 1.10 stays 1.10 and `no` stays no."""


_TextLoader.yaml_implicit_resolvers = {
    first: kept
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    if (
        kept := [
            r for r in resolvers if r[0] in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
        ]
    )
}


def _yaml_lines(path: Path, target: Path) -> None:
    """Write each document of a YAML file as one line of JSON, all scalars text."""
    if path.stat().st_size > MAX_YAML_BYTES:
        raise RefusedFile(f"a YAML file of more than {MAX_YAML_BYTES >> 20} MB; split it")
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_alias_bomb(text)
        with target.open("w", encoding="utf-8") as sink:
            for document in yaml.load_all(text, Loader=_TextLoader):
                if document is not None:
                    sink.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    except UnicodeDecodeError as error:
        raise RefusedFile(f"byte {error.start + 1} is not UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise RefusedFile(f"invalid YAML{place}: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        raise RefusedFile(f"invalid YAML ({type(error).__name__})") from error


def _refuse_alias_bomb(text: str) -> None:
    """Count the nodes the aliases stand for without making them."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise RefusedFile("invalid YAML: an alias within its own anchor")
            total += sizes[event.anchor]
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            total += 1
            open_nodes.append((event.anchor, total))
            sizes.pop(event.anchor or "", None)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before + 1
        if total > MAX_YAML_NODES:
            raise RefusedFile(
                f"its YAML aliases stand for more than {MAX_YAML_NODES:,} nodes, as an alias bomb's"
            )


# CSV and Parquet


def _csv(path: Path, file: ExportFile, contract: Contract, start: int) -> Content:
    wide = contract.unpivot
    wanted = len(wide.labels) if wide else contract.header_rows
    # A continued file has its header at its beginning, which is not part of this content.
    source = file.path if start else path
    rows, skipped = _header_rows(source, contract, wanted + (1 if wide else 0))
    if len(rows) < wanted:
        raise RefusedFile(f"its header has {len(rows)} rows; the contract states {wanted}")
    labels: tuple[tuple[str, ...], ...] = ()
    if wide:
        labels = tuple(tuple(row) for row in rows[:wanted])
        names = rows[wanted][: len(wide.index)] if len(rows) > wanted else []
        if tuple(name.strip() for name in names) == wide.index and not any(
            cell.strip() for cell in rows[wanted][len(wide.index) :]
        ):
            header, skip = rows[wanted], skipped[wanted]
        else:
            header, skip = rows[wanted - 1], skipped[wanted - 1]
    elif wanted:
        header, skip = rows[wanted - 1], skipped[wanted - 1]
    else:
        width = len(_header_rows(source, contract, 1)[0][0])
        header, skip = [str(place) for place in range(width)], 0
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header)))
    relation = (
        f"select * from read_csv($path, columns = {{{columns}}}, auto_detect = false, "
        f"header = false, skip = {0 if start else skip}, delim = {literal(contract.delimiter)}, "
        f"quote = {literal(contract.quote)}, escape = {literal(contract.quote)}, "
        "strict_mode = true, null_padding = false, nullstr = '', compression = 'none')"
    )
    if len(header) == 1:
        relation += " where c0 is not null"  # a blank line is no record
    return Content(
        relation,
        {"path": str(path)},
        is_json=False,
        header=tuple(name.strip() for name in header),
        labels=labels,
    )


def _header_rows(path: Path, contract: Contract, count: int) -> tuple[list[list[str]], list[int]]:
    """Return the first rows that are not blank, and how many records lie up to each one's end."""
    csv.field_size_limit(MAX_RECORD_BYTES)
    rows, ends = [], []
    options = {"delimiter": contract.delimiter, "strict": True}
    options |= {"quotechar": contract.quote} if contract.quote else {"quoting": csv.QUOTE_NONE}
    try:
        with path.open("rb") as binary:
            text = io.TextIOWrapper(
                binary, encoding="utf-8-sig", errors="surrogateescape", newline=""
            )
            for place, row in enumerate(csv.reader(text, **options)):
                if row:
                    rows.append(row)
                    ends.append(place + 1)
                if len(rows) == max(count, 1):
                    break
    except csv.Error as error:
        raise RefusedFile(f"row {len(rows) + 1} is not valid CSV: {error}") from error
    if not rows:
        raise RefusedFile("it has no header: every line is blank")
    try:  # The rest of the file is the engine's to judge.
        "".join(cell for row in rows for cell in row).encode()
    except UnicodeEncodeError as error:
        raise RefusedFile(
            f"byte {_first_bad_byte(path)} is not UTF-8; state the contract's `encoding` if it is "
            "another"
        ) from error
    return rows, ends


def _first_bad_byte(path: Path) -> int:
    with path.open("rb") as stream:
        try:
            stream.read(MAX_RECORD_BYTES).decode()
        except UnicodeDecodeError as error:
            return error.start + 1
    return 0


def even_line_ends(content: Content) -> None:
    """Rewrite a CSV file whose line ends are mixed; the engine reads only one kind per file."""
    path = Path(str(content.parameters["path"]))
    even = path.with_name(path.name + "-even")
    with path.open("rb") as source, even.open("wb") as sink:
        held = b""
        while chunk := source.read(CHUNK):
            chunk = held + chunk
            held = b"\r" if chunk.endswith(b"\r") else b""
            sink.write(chunk[: len(chunk) - len(held)].replace(b"\r\n", b"\n"))
        sink.write(held)
    path.unlink()
    even.rename(path)


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> Content:
    described = connection.execute(
        "select column_name, column_type from (describe select * from read_parquet($path))",
        {"path": str(path)},
    ).fetchall()
    return Content(
        "select * from read_parquet($path)",
        {"path": str(path)},
        is_json=False,
        header=tuple(name for name, _ in described),
        types=tuple(kind for _, kind in described),
    )


def _flat_rows(contract: Contract, content: Content, parameters: dict[str, object]) -> TableRows:
    wide = contract.unpivot
    parameters = {**content.parameters, **parameters}
    relation = content.relation
    texts, used, missing = [], set(), []
    if wide:
        relation, labelled = _unpivoted(contract, content)
        parameters |= labelled
    for column in contract.columns:
        tries = []
        for source in column.sources:
            if source.startswith("filename."):
                tries.append(f"cast($capture_{source[9:]} as varchar)")
            elif wide and source == wide.value:
                tries.append("cell")
            elif wide and source.startswith("label."):
                tries.append(f"label_{wide.labels.index(source[6:])}")
            else:
                name = source.removeprefix("index.") if wide else source
                place = position(name, content.header)
                if place is not None:
                    used.add(place)
                    tries.append(
                        f"c{place}" if not content.types else _parquet_text(content, place, name)
                    )
                elif content.types and (found := _nested(content, name)):
                    used.add(found[0])
                    tries.append(found[1])
        if not tries:
            missing.append(column.name)
            tries.append("cast(null as varchar)")
        texts.append(tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})")
    new = () if wide else tuple(n for i, n in enumerate(content.header) if i not in used)
    gone = [column for column in contract.required if column.name in missing]
    if gone:
        names = ", ".join(f"{column.name} (from {' or '.join(column.sources)})" for column in gone)
        raise RefusedFile(missing_columns(names, content.header, contract))
    return TableRows(relation, texts, parameters, new)


def missing_columns(names: str, found: Sequence[str], contract: Contract) -> str:
    """Return the refusal of a file that lacks required columns: what was found, what to edit."""
    shown = ", ".join(found[:60]) + (", …" if len(found) > 60 else "")
    return (
        f"required columns missing: {names}; found: {shown}. If the export changed, edit "
        f"{contract.source_file}, table {contract.table}, and its staging model together"
    )


def position(name: str, header: Sequence[str]) -> int | None:
    """Return where a column is: by its exact name, else by the only one that differs in case."""
    if name in header:
        return header.index(name)
    alike = [place for place, found in enumerate(header) if found.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def _parquet_text(content: Content, place: int, name: str) -> str:
    # The identifier is the contract's; the engine matches it without case, as `position` does.
    nested = re.match(r"STRUCT|MAP|JSON|.*\[\d*\]$", content.types[place])
    return f"cast({'to_json' if nested else ''}({identifier(name)}) as varchar)"


def _nested(content: Content, name: str) -> tuple[int, str] | None:
    """Return a field inside a Parquet struct, by the dotted path the contract gives."""
    first, *rest = segments(name)
    place = position(first, content.header)
    if place is None or not rest:
        return None
    path = "".join(f".{identifier(part)}" for part in rest)
    if not content.types[place].startswith("STRUCT"):
        pointer = literal(json_pointer(".".join(f'"{part}"' for part in rest)))
        return place, f"json_extract_string(to_json({identifier(first)}), {pointer})"
    return place, f"cast({identifier(first)}{path} as varchar)"


def _unpivoted(contract: Contract, content: Content) -> tuple[str, dict[str, object]]:
    """Return SQL with one row per filled cell of a wide file, and its labels as parameters."""
    wide = contract.unpivot
    width = len(content.header)
    places = [position(name, content.header) for name in wide.index]
    if None in places:
        names = ", ".join(n for n, p in zip(wide.index, places, strict=True) if p is None)
        raise RefusedFile(missing_columns(names, content.header, contract))
    cells = [place for place in range(width) if place not in places]
    parameters: dict[str, object] = {}
    labels = []
    for number, row in enumerate(content.labels):
        padded = [*row, *[""] * (width - len(row))]
        parameters[f"labels_{number}"] = [padded[place].strip() for place in cells]
        labels.append(f"cast($labels_{number} as varchar[])[place] as label_{number}")
    index = "".join(f"c{place}, " for place in places)
    listed = ", ".join(f"c{place}" for place in cells)
    rows = (
        f"select {index}unnest([{listed}]) as cell, unnest(range(1, {len(cells) + 1})) as place "
        f"from ({content.relation})"
    )
    markers = contract.null_markers
    empty = "cell is not null and trim(cell) <> ''"
    if markers:
        empty += f" and trim(cell) not in ({', '.join(literal(m) for m in markers)})"
    relation = f"select {index}cell, {', '.join(labels)} from ({rows}) where {empty}"
    return relation, parameters
