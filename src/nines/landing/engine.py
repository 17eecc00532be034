"""Lands an exports folder file by file, each in one transaction."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from nines import warehouse
from nines.contracts import Column, Contract, load_contracts
from nines.landing.columns import EMPTY, fault_reasons, staged_select, typed
from nines.landing.faults import OURS, RefusedFile, explain
from nines.landing.files import ExportFile, Identity, Survey, find_files, identify
from nines.landing.manifest import Landed, Manifest, create_tables
from nines.landing.privacy import KnownNames, read_salt
from nines.landing.readers import (
    Content,
    even_line_ends,
    file_format,
    missing_columns,
    read,
    segments,
    table_rows,
)
from nines.landing.results import (
    ALREADY,
    LANDED,
    REFUSED,
    UNKNOWN,
    FileOutcome,
    LandingResult,
    rows_in_words,
)
from nines.landing.sqltext import identifier, literal

# A file is refused whole when it has more rejects than both; a bill, when it has any.
TOLERATED_REJECTS = 10
TOLERATED_SHARE = 0.01
# What landing may take of memory; sorting nothing, it needs little, and spills beside the
# warehouse. Readers and Python come on top.
MEMORY_LIMIT = "768MB"
# Say that work has begun on a file that takes a while.
LONG_WORK_BYTES = 64 << 20


@dataclass
class _Session:
    """What one landing holds on to."""

    connection: duckdb.DuckDBPyConnection
    manifest: Manifest
    salt: str
    names: KnownNames
    workspace: Path
    report: Callable[[str], None]
    first_id: int = 0  # the last landing before this run
    name_patterns: list[str] = field(default_factory=list)

    def run(self, sql: str, parameters: dict[str, object]) -> duckdb.DuckDBPyConnection:
        """Execute with those of the parameters that the statement has."""
        every = {
            **parameters,
            "salt": self.salt,
            **{f"names_{place}": text for place, text in enumerate(self.name_patterns)},
        }
        used = {name: value for name, value in every.items() if f"${name}" in sql}
        return self.connection.execute(sql, _exactly(sql, used))


def _exactly(sql: str, parameters: dict[str, object]) -> dict[str, object]:
    """Keep the parameters that occur as whole words: $names_1 is not in $names_10."""
    found = set(re.findall(r"\$([a-z_][a-z0-9_]*)", sql))
    return {name: value for name, value in parameters.items() if name in found}


@dataclass(frozen=True)
class _Staged:
    """The typed rows of one file for one table, not yet in it."""

    contract: Contract
    table: str
    good: int
    bad: int
    first_row: int  # what the row number of the first row is
    new_columns: list[str]
    shouted: list[str]
    notices: list[str]
    version: str | None


def land(
    exports: Path,
    *,
    strict: bool = False,
    report: Callable[[str], None] | None = None,
    root: Path | None = None,
) -> LandingResult:
    """Land every new or changed file below `exports`, and say what became of each.

    `report` receives plain lines as the work goes. `root` is the checkout whose contracts count.
    Raises ContractError, LandingError or WarehouseError when nothing can land at all; a file at
    fault is an outcome, not an error.
    """
    root = root or warehouse.ROOT
    say = report or (lambda line: None)
    contracts = load_contracts(root)
    found = find_files(exports, contracts)
    target = warehouse.warehouse_path()
    with warehouse.connect(target) as connection:
        salt, notice = read_salt(root / "data")
        notices = [notice] if notice else []
        spill = target.with_name(f"{target.name}.landing")
        # Whoever holds the warehouse's lock owns what an interrupted landing left here.
        shutil.rmtree(spill, ignore_errors=True)
        spill.mkdir()
        try:
            connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            connection.execute("set preserve_insertion_order = true")
            connection.execute(f"set temp_directory = {literal(str(spill / 'spill'))}")
            create_tables(connection, contracts)
            names = KnownNames(target.parent, salt)
            notices += [names.notice] if names.notice else []
            for line in notices:
                say(line)
            manifest = Manifest(connection)
            session = _Session(connection, manifest, salt, names, spill, say, manifest.last_id)
            outcomes, told = _land_files(session, found.files)
            notices += told
        finally:
            shutil.rmtree(spill, ignore_errors=True)
    for source_file, reason in found.refused:
        outcomes.append(FileOutcome(source_file, REFUSED, reason=reason))
        say(str(outcomes[-1]))
    for source_file, reason in found.unknown:
        outcomes.append(FileOutcome(source_file, UNKNOWN, reason=reason))
        say(str(outcomes[-1]))
    result = LandingResult(tuple(outcomes), tuple(notices), strict)
    say(str(result))
    if not found.files:
        say(
            f"No contract names a file below {exports}. Give the folder that holds one folder per "
            "system, such as pagerduty/ and focus/."
        )
    elif strict and found.unknown:
        say("Unknown files are an error with --strict.")
    return result


def _land_files(
    session: _Session, files: Sequence[ExportFile]
) -> tuple[list[FileOutcome], list[str]]:
    # Files that tell people's names come first, so that this run's free text is rid of them.
    ordered = sorted(files, key=lambda file: not any(c.has_names for c in file.contracts))
    outcomes = []
    for file in ordered:
        if any(contract.has_names for contract in file.contracts):
            _learn_names(session, file)
    session.name_patterns = session.names.patterns()
    for file in ordered:
        outcome = _land_file(session, file)
        # A second run would name every file there is; the last line counts them.
        if outcome.status != ALREADY or outcome.reason:
            session.report(str(outcome))
        for notice in outcome.notices:
            session.report(f"  {notice}")
        outcomes.append(outcome)
    notices = _complete_issues(session, files, outcomes) + _rival_issues(session, files)
    for notice in notices:
        session.report(notice)
    return outcomes, notices


def _learn_names(session: _Session, file: ExportFile) -> None:
    """Remember the names a people export tells; its faults are told when it lands."""
    for contract in file.contracts:
        columns = tuple(
            replace(column, known_name=False) for column in contract.columns if column.known_name
        )
        try:
            with _workspace(session) as folder:
                survey = _survey(file)
                if not file.compression:
                    identify(file.path, survey=survey)
                content = read(session.connection, file, contract, folder, survey)
                rows = table_rows(file, replace(contract, columns=columns), content)
                sql = staged_select(
                    replace(contract, columns=columns), rows.texts, rows.relation, 0,
                    is_json=content.is_json,
                )  # fmt: skip
                for column in columns:
                    chosen = f"select distinct {identifier(column.name)} from ({sql})"
                    found = session.run(chosen, rows.parameters).fetchall()
                    session.names.add(name for (name,) in found)
        except (RefusedFile, duckdb.Error):
            continue


@contextmanager
def _workspace(session: _Session) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=session.workspace) as folder:
        yield Path(folder)


def _land_file(session: _Session, file: ExportFile) -> FileOutcome:
    identity = None
    try:
        before = file.path.stat()
        if before.st_size >= LONG_WORK_BYTES:
            session.report(f"{file.source_file}: {before.st_size >> 20:,} MB …")
        survey = _survey(file)
        sizes = session.manifest.sizes.get(file.source_file, ())
        identity = identify(file.path, sizes, None if file.compression else survey)
        return _land_news(session, file, identity, survey)
    except RefusedFile as refusal:
        reason = str(refusal)
    except OURS:
        raise
    except duckdb.Error as error:
        reason = explain(error)
    except OSError as error:
        reason = f"it could not be read: {error.strerror or type(error).__name__}"
    finally:
        for (table,) in session.connection.execute(
            "select table_name from duckdb_tables() where temporary"
        ).fetchall():
            session.connection.execute(f"drop table {identifier(table)}")
    _record_refusal(session, file, identity, reason)
    return FileOutcome(
        file.source_file, REFUSED, tables=tuple(c.table for c in file.contracts), reason=reason
    )


def _land_news(
    session: _Session, file: ExportFile, identity: Identity, survey: Survey
) -> FileOutcome:
    manifest = session.manifest
    news: list[tuple[Contract, int]] = []  # with the byte to start at
    same: list[str] = []
    for contract in file.contracts:
        latest = manifest.latest(contract, file.source_file)
        if latest and latest.content_hash == identity.content_hash:
            continue
        copy = manifest.copy_in_force(file, contract, identity)
        if copy:
            same.append(copy.source_file)
            continue
        news.append((contract, _grown_from(file, contract, latest, identity)))
    if not news:
        reason = f"the same content as {same[0]}" if same else None
        return FileOutcome(file.source_file, ALREADY, reason=reason)
    if identity.size_bytes == 0:
        raise RefusedFile("it is empty (zero bytes); an export without rows has a header or []")
    staged = []
    contents: dict[tuple[object, ...], Content] = {}
    with _workspace(session) as folder:
        for contract, start in news:
            form = (
                file_format(file, contract), contract.encoding, contract.delimiter, contract.quote,
                contract.header_rows, contract.unpivot, contract.records, start,
            )  # fmt: skip
            if form not in contents:
                contents[form] = read(
                    session.connection, file, contract, folder, survey, start=start
                )
            base = manifest.rows_so_far(contract, file.source_file, identity) if start else 0
            staged.append(_stage(session, file, contract, contents[form], base))
        after = file.path.stat()
        if after.st_size != identity.size_bytes:
            raise RefusedFile("it changed while it was read; land again when it is complete")
        return _commit(session, file, identity, staged, is_grown=any(s for _, s in news))


def _survey(file: ExportFile) -> Survey:
    """Return a survey that looks for the lists the contracts name."""
    paths = [path for c in file.contracts for path in (c.records, c.children) if path]
    return Survey(segments(path)[0] for path in paths)


def _grown_from(
    file: ExportFile, contract: Contract, latest: Landed | None, identity: Identity
) -> int:
    """Return how many bytes of the file have landed already as its beginning; else 0."""
    if (
        latest is None
        or file.compression
        or contract.delivery != "changes"
        or contract.unpivot
        or contract.encoding
        or file_format(file, contract) not in ("csv", "json", "jsonl")
        or not 0 < latest.size_bytes < identity.size_bytes
        or identity.beginnings.get(latest.size_bytes) != latest.content_hash
    ):
        return 0
    with file.path.open("rb") as stream:
        if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return 0
        stream.seek(latest.size_bytes - 1)
        last, following = stream.read(1), stream.read(1)
    return latest.size_bytes if b"\n" in (last, following) else 0


def _stage(
    session: _Session, file: ExportFile, contract: Contract, content: Content, base: int
) -> _Staged:
    rows = table_rows(file, contract, content)
    table = f"staged_{contract.table}"
    patterns = len(session.name_patterns)
    sql = staged_select(contract, rows.texts, rows.relation, patterns, is_json=content.is_json)
    create = f"create or replace temp table {identifier(table)} as {sql}"
    try:
        session.run(create, rows.parameters)
    except duckdb.InvalidInputException as error:
        if content.is_json or "invalid state" not in str(error):
            raise
        even_line_ends(content)
        session.run(create, rows.parameters)
    good, bad = session.connection.execute(
        "select count(*) filter (where _fault is null), count(*) filter (where _fault > 0) "
        f"from {identifier(table)}"
    ).fetchone()
    new_columns = list(rows.new_columns or ())
    if content.is_json and good + bad:
        found = session.connection.execute(
            "select distinct unnest(ks) from "
            f"(select distinct _keys as ks from {identifier(table)})"
        ).fetchall()
        keys = {key for (key,) in found}
        _refuse_missing_keys(session, contract, table, keys)
        new_columns = sorted(keys - _top_keys(contract))
    _refuse_rejects(session, contract, table, good, bad)
    shouted, notices = _drift(session, contract, new_columns)
    if bad:
        notices.append(_rejects_in_words(session, contract, table, bad))
    return _Staged(
        contract, table, good, bad, base + 1, new_columns, shouted, notices,
        _version(session, file, contract, table),
    )  # fmt: skip


def _top_keys(contract: Contract) -> set[str]:
    keys = {
        segments(source)[0]
        for column in contract.columns
        for source in column.sources
        if not source.startswith(("^", "filename.")) and source != "."
    }
    return keys | ({segments(contract.children)[0]} if contract.children else set())


def _refuse_missing_keys(
    session: _Session, contract: Contract, table: str, found: set[str]
) -> None:
    """Refuse a JSON file in which no record has a required key: the export has changed.

    A key that is there and null is a fault of its row only; of a nested path only its values are
    known, so a path that leads nowhere in the whole file counts as missing.
    """
    numbers = {
        column: place
        for place, (column, reason) in enumerate(fault_reasons(contract), start=1)
        if reason == EMPTY
    }
    faults = dict(
        session.connection.execute(
            f"select _fault, count(*) from {identifier(table)} where _fault > 0 group by all"
        ).fetchall()
    )
    gone = []
    for column in contract.required:
        if not faults.get(numbers[column.name]) or any(s in found for s in column.sources):
            continue
        filled = session.connection.execute(
            f"select count({identifier(column.name)}) from {identifier(table)}"
        ).fetchone()[0]
        mistyped = column.data_type != "string" and faults.get(numbers[column.name] + 1)
        if not filled and not mistyped:
            gone.append(f"{column.name} (from {' or '.join(column.sources)})")
    if gone:
        raise RefusedFile(missing_columns(", ".join(gone), sorted(found), contract))


def _only_captured(column: Column) -> bool:
    return all(source.startswith("filename.") for source in column.sources)


def _refuse_rejects(session: _Session, contract: Contract, table: str, good: int, bad: int) -> None:
    if contract.delivery == "period":
        over = bad > 0
        rule = "a bill lands without rejects or not at all"
    else:
        over = bad > TOLERATED_REJECTS and bad > TOLERATED_SHARE * (good + bad)
        rule = f"more than {TOLERATED_REJECTS} and more than {TOLERATED_SHARE:.0%}"
    if over:
        raise RefusedFile(
            f"{_rejects_in_words(session, contract, table, bad)} of {good + bad:,}; {rule}. If the "
            f"export changed, edit {contract.source_file}, table {contract.table}"
        )


def _rejects_in_words(session: _Session, contract: Contract, table: str, bad: int) -> str:
    reasons = fault_reasons(contract)
    counted = session.connection.execute(
        f"select _fault, count(*), min(rowid) + 1 from {identifier(table)} "
        "where _fault > 0 group by all order by count(*) desc limit 3"
    ).fetchall()
    words = "; ".join(
        f"{count:,} x {reasons[fault - 1][0]}: {reasons[fault - 1][1]}, first in row {row:,}"
        for fault, count, row in counted
    )
    return f"{rows_in_words(bad)} rejected ({words})"


def _drift(
    session: _Session, contract: Contract, new_columns: list[str]
) -> tuple[list[str], list[str]]:
    """Return the columns nobody has seen before, and the notice of them; the first landing has
    none to compare with."""
    earlier = session.connection.execute(
        "select new_columns from raw._landings where table_name = $table and status = 'landed'",
        {"table": contract.table},
    ).fetchall()
    if not earlier:
        return [], []
    seen = {key for (keys,) in earlier if keys for key in json.loads(keys)}
    unseen = [column for column in new_columns if column not in seen]
    if not unseen:
        return [], []
    return unseen, [f"new columns in {contract.table}: {', '.join(unseen[:20])}"]


def _version(session: _Session, file: ExportFile, contract: Contract, table: str) -> str | None:
    """Return the greatest version of the rows as text that sorts; of no rows, the file name's."""
    if not contract.version:
        return None
    columns = {column.name: column for column in contract.columns}
    parts = [_sortable(columns[name], identifier(name)) for name in contract.version]
    text = " || '|' || ".join(f"coalesce({part}, '')" for part in parts)
    found = session.connection.execute(
        f"select max({text}) from {identifier(table)} where _fault is null"
    ).fetchone()[0]
    if found is None and all(_only_captured(columns[name]) for name in contract.version):
        captures = contract.captures(file.below_system)
        parts, parameters = [], {}
        for place, name in enumerate(contract.version):
            column = columns[name]
            parameters[f"capture_{place}"] = captures[column.sources[0][9:]]
            value = typed(column, f"nullif(cast($capture_{place} as varchar), '')")
            parts.append(f"coalesce({_sortable(column, f'({value})')}, '')")
        found = session.run(f"select {' || chr(124) || '.join(parts)}", parameters).fetchone()[0]
    return found


def _sortable(column: Column, value: str) -> str:
    if column.data_type in ("string", "date", "boolean"):
        return f"cast({value} as varchar)"
    if column.data_type == "timestamp":
        return f"strftime({value}, '%Y-%m-%dT%H:%M:%S.%f')"
    # Negative versions would sort wrongly; nobody counts downwards from zero.
    return f"lpad(cast(cast({value} as decimal(38, 12)) as varchar), 40, '0')"


def _commit(
    session: _Session,
    file: ExportFile,
    identity: Identity,
    staged: list[_Staged],
    *,
    is_grown: bool,
) -> FileOutcome:
    """Write one file's rows, rejects and manifest rows in one transaction."""
    connection, manifest = session.connection, session.manifest
    landing_id, landed_at = manifest.next_landing()
    lineage = {
        "file": file.source_file, "id": landing_id, "at": landed_at, "system": file.system,
    }  # fmt: skip
    remembered = []
    connection.execute("begin")
    try:
        for part in staged:
            contract = part.contract
            _insert_rows(session, part, lineage)
            issue = f"{file.source_file}@{landing_id}"
            if contract.issue:
                issue = contract.captures(file.below_system).get(contract.issue, "")
            is_complete = contract.issue is None or contract.delivery == "changes"
            _record(
                session, contract, lineage, identity,
                status="landed", row_count=part.good, rejected_count=part.bad,
                new_columns=json.dumps(part.new_columns),
                newest_event_at=_newest_event(session, part, landed_at),
                issue=issue, issue_version=part.version,
                issue_completed_at=landed_at if is_complete else None,
            )  # fmt: skip
            remembered.append(
                Landed(
                    landing_id,
                    contract.table,
                    file.source_file,
                    identity.content_hash,
                    identity.size_bytes,
                    issue,
                    is_complete,
                )
            )
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    for landed in remembered:
        manifest.remember(landed)
    notices = [notice for part in staged for notice in part.notices]
    if is_grown:
        notices.append("the file had grown; only what was added landed")
    return FileOutcome(
        file.source_file,
        LANDED,
        row_count=sum(part.good for part in staged),
        rejected_count=sum(part.bad for part in staged),
        tables=tuple(part.contract.table for part in staged),
        notices=tuple(notices),
    )


def _insert_rows(session: _Session, part: _Staged, lineage: dict[str, object]) -> None:
    contract = part.contract
    names = ", ".join(identifier(column.name) for column in contract.columns)
    if part.good:
        session.run(
            f"insert into raw.{identifier(contract.table)} "
            f"({names}, _source_file, _source_row, _landing_id, _landed_at) "
            f"select {names}, $file, rowid + {part.first_row}, $id, $at "
            f"from {identifier(part.table)} where _fault is null",
            lineage,
        )
    if part.bad:
        reasons = fault_reasons(contract)
        columns = ", ".join(literal(column) for column, _ in reasons)
        words = ", ".join(literal(reason) for _, reason in reasons)
        session.run(
            "insert into raw._rejected_rows (_landing_id, _landed_at, source_system, table_name, "
            "source_file, source_row, column_name, reason, original) "
            f"select $id, $at, $system, {literal(contract.table)}, $file, "
            f"rowid + {part.first_row}, ([{columns}])[_fault], ([{words}])[_fault], _original "
            f"from {identifier(part.table)} where _fault > 0",
            lineage,
        )


def _newest_event(session: _Session, part: _Staged, landed_at: datetime) -> datetime | None:
    events = [identifier(c.name) for c in part.contract.columns if c.event_time]
    if not events:
        return None
    newest = ", ".join(
        f"max(cast({event} as timestamp)) filter (where {event} <= $at)" for event in events
    )
    return session.run(
        f"select greatest({newest}) from {identifier(part.table)} where _fault is null",
        {"at": landed_at},
    ).fetchone()[0]


def _record(
    session: _Session,
    contract: Contract,
    lineage: dict[str, object],
    identity: Identity | None,
    **values: object,
) -> None:
    row = {
        "_landing_id": lineage["id"],
        "_landed_at": lineage["at"],
        "source_system": contract.system,
        "table_name": contract.table,
        "source_file": lineage["file"],
        "content_hash": identity.content_hash if identity else None,
        "size_bytes": identity.size_bytes if identity else None,
        **values,
    }
    session.connection.execute(
        f"insert into raw._landings ({', '.join(row)}) values ({', '.join('?' for _ in row)})",
        list(row.values()),
    )


def _record_refusal(
    session: _Session, file: ExportFile, identity: Identity | None, reason: str
) -> None:
    landing_id, landed_at = session.manifest.next_landing()
    lineage = {"file": file.source_file, "id": landing_id, "at": landed_at}
    session.connection.execute("begin")
    for contract in file.contracts:
        _record(
            session, contract, lineage, identity,
            status="refused", reason=reason, row_count=0, rejected_count=0,
        )  # fmt: skip
    session.connection.execute("commit")


def _complete_issues(
    session: _Session, files: Sequence[ExportFile], outcomes: Sequence[FileOutcome]
) -> list[str]:
    """Let the issues whose present files have all landed replace their predecessors."""
    refused = {outcome.source_file for outcome in outcomes if outcome.status == REFUSED}
    contracts = {contract.table: contract for file in files for contract in file.contracts}
    present: dict[tuple[str, str], list[str]] = {}
    for file in files:
        for contract in file.contracts:
            if contract.issue and contract.delivery != "changes":
                issue = contract.captures(file.below_system).get(contract.issue, "")
                present.setdefault((contract.table, issue), []).append(file.source_file)
    notices = []
    incomplete = {
        (table, landed.issue)
        for table, landings in session.manifest.landed.items()
        for landed in landings
        if not landed.is_complete
    }
    session.connection.execute("begin")
    for table, issue in sorted(incomplete & set(present)):
        missing = [source for source in present[table, issue] if source in refused]
        if missing:
            notices.append(
                f"{table}: issue {issue!r} is incomplete, because {', '.join(missing)} was "
                "refused; the earlier issue stays in force"
            )
            continue
        contract = contracts[table]
        notices += _withdraw_absent_files(session, contract, issue, present[table, issue])
        session.connection.execute(
            "update raw._landings set issue_completed_at = $now where table_name = $table "
            "and issue = $issue and status = 'landed' and issue_completed_at is null",
            {"now": session.manifest.now(), "table": table, "issue": issue},
        )
    session.connection.execute("commit")
    return notices


def _withdraw_absent_files(
    session: _Session, contract: Contract, issue: str, present: Sequence[str]
) -> list[str]:
    """Settle what becomes of an issue's earlier files when more of it landed in this run.

    A file that came again with another content is the issue issued again: earlier files that are
    no longer beside it are withdrawn, by a landing of theirs without rows. A file that is merely
    new joins the earlier ones, and a notice says so where that could count a cost twice.
    """
    files = session.connection.execute(
        "select source_file, min(_landing_id) <= $before as was_there, "
        "max(_landing_id) > $before as came_now, "
        "max_by(content_hash, _landing_id) <> '' as has_rows "
        "from raw._landings where table_name = $table and issue = $issue and status = 'landed' "
        "group by source_file order by source_file",
        {"before": session.first_id, "table": contract.table, "issue": issue},
    ).fetchall()
    earlier = [name for name, was, now, has in files if was and not now and has]
    absent = [name for name in earlier if name not in present]
    if any(was and now for _, was, now, _ in files):
        for source in absent:
            landing_id, landed_at = session.manifest.next_landing()
            _record(
                session, contract, {"id": landing_id, "at": landed_at, "file": source}, None,
                status="landed", reason="withdrawn: its issue came again without it",
                content_hash="", size_bytes=0, row_count=0, rejected_count=0, issue=issue,
            )  # fmt: skip
        return [f"{contract.table}: {', '.join(absent)} withdrawn: {issue!r} came without"] * bool(
            absent
        )
    joining = [name for name, was, now, _ in files if now and not was]
    if contract.period and earlier and joining:
        return [
            f"{contract.table}: {', '.join(joining[:10])} joins issue {issue!r}, whose earlier "
            "files stay in force. If it replaces them, give it a folder of its own"
        ]
    return []


def _rival_issues(session: _Session, files: Sequence[ExportFile]) -> list[str]:
    """Return a notice for issues of this run that carry one period at one version.

    The last of them replaces the others, which is wrong when they are the parts of one bill.
    """
    notices = []
    for contract in sorted({c for f in files for c in f.contracts if c.period}, key=_table_of):
        periods = ", ".join(f"landed_rows.{identifier(column)}" for column in contract.period)
        rivals = session.connection.execute(
            "select distinct sources from ("
            "select list(distinct landings.source_file order by landings.source_file) as sources "
            f"from raw.{identifier(contract.table)} as landed_rows "
            "inner join raw._landings as landings "
            "on landings._landing_id = landed_rows._landing_id "
            f"and landings.table_name = {literal(contract.table)} "
            "where landed_rows._landing_id > $before "
            f"group by {periods}, landings.issue_version "
            "having count(distinct landings.issue) > 1) order by all",
            {"before": session.first_id},
        ).fetchall()
        notices += [
            f"{contract.table}: {', '.join(sources[:10])} carry the same period; the newer "
            "replaces the older. If they are parts of one bill, put them in one folder and name "
            f"that folder as the contract's `issue` ({contract.source_file})"
            for (sources,) in rivals
        ]
    return notices


def _table_of(contract: Contract) -> str:
    return contract.table
