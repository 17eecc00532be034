"""SQL that turns the text of a cell into the contract's type, and names what does not fit."""

import re

from nines.contracts import EPOCHS, Column, Contract
from nines.landing.privacy import hashed, hashed_json, redacted
from nines.landing.sqltext import literal, literals

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
NO_NUMBER = r"(?:[Nn]a[Nn]|NAN|[+-]?(?:[Ii]nf|[Ii]nfinity|INF))"
MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?"
TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
ZONES_OF_UTC = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "Etc/UCT", "UCT"}

MICROSECONDS = {"epoch_seconds": 1_000_000, "epoch_milliseconds": 1_000, "epoch_microseconds": 1}
EMPTY = "required, and empty"

LAST_MICROSECOND = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z


def typed(column: Column, text: str) -> str:
    """Return SQL for the value of a text expression in the column's type; null where it is none.

    Whole numbers may end in `.0`. Decimals round half away from zero beyond their scale and are
    null when they have too many digits before the point. Sub-microsecond digits of an instant are
    cut off. A local time that clocks showed twice is taken as the later one (standard time); one
    that clocks skipped moves forward by what they skipped.
    """
    kind = column.data_type
    if column.is_hashed:
        return hashed(text)
    if kind == "string":
        return text
    if kind in ("bigint", "integer"):
        return (
            f"case when regexp_full_match({text}, '[+-]?[0-9]+(?:\\.0*)?') "
            f"then try_cast(split_part({text}, '.', 1) as {kind}) end"
        )
    if kind == "double":
        pattern = literal(f"{NUMBER}|{NO_NUMBER}")
        return f"case when regexp_full_match({text}, {pattern}) then try_cast({text} as double) end"
    if kind == "boolean":
        return (
            f"case when lower({text}) in ({literals(TRUE)}) then true "
            f"when lower({text}) in ({literals(FALSE)}) then false end"
        )
    if kind.startswith("decimal"):
        return (
            f"case when regexp_full_match({text}, {literal(NUMBER)}) "
            f"then try_cast({text} as {kind}) end"
        )
    tries = [_instant(form, column.zone, text, kind) for form in column.formats]
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def _instant(form: str, zone: str | None, text: str, kind: str) -> str:
    if form in EPOCHS:
        instant = _epoch(form, text)
    elif form == "iso" and kind == "date":
        return (
            f"case when regexp_full_match({text}, {literal(DAY)}) "
            f"then try_cast({text}[:10] as date) end"
        )
    elif form == "iso":
        instant = _iso(zone, text)
    else:
        parsed = f"try_strptime({text}, {literal(form)})"
        if kind == "date":
            instant = parsed
        elif re.search("%[zZ]", form):
            instant = f"timezone('UTC', {parsed})"
        else:
            instant = _local(zone, parsed)
    return f"cast({instant} as date)" if kind == "date" else instant


def _iso(zone: str | None, text: str) -> str:
    naive = ""
    if zone:
        local = _local(zone, f"try_cast({text} as timestamp)")
        naive = f" when regexp_full_match({text}, {literal(MOMENT)}) then {local}"
    offset = f"try_cast(regexp_replace({text}, ' +([+-])', '\\1') as timestamptz)"
    return (
        # The commonest form first, told by its length and letters: regexes take longer.
        f"case when strlen({text}) = 20 and {text}[20] = 'Z' and {text}[11] = 'T' "
        f"then try_cast({text} as timestamp) "
        f"when regexp_full_match({text}, {literal(MOMENT + 'Z')}) "
        f"then try_cast({text} as timestamp){naive} "
        f"when regexp_full_match({text}, {literal(MOMENT + ' ?[+-][0-9]{2}(?::?[0-9]{2})?')}) "
        f"then timezone('UTC', {offset}) "
        f"when regexp_full_match({text}, {literal(MOMENT + ' ?(?:Z|z|UTC|GMT)')}) "
        f"then try_cast(regexp_extract({text}, {literal(MOMENT)}) as timestamp) end"
    )


def _local(zone: str | None, instant: str) -> str:
    if zone is None:
        return "cast(null as timestamp)"
    if zone in ZONES_OF_UTC:
        return instant
    return f"timezone('UTC', timezone({literal(zone)}, {instant}))"


def _epoch(form: str, text: str) -> str:
    if form == "epoch_nanoseconds":
        micros = f"try_cast(try_cast({text} as hugeint) // 1000 as bigint)"
        form_pattern = "[+-]?[0-9]+"
    else:
        # A decimal, because a double loses microseconds of today's epoch.
        times = MICROSECONDS[form]
        micros = f"try_cast(round(try_cast({text} as decimal(24, 6)) * {times}, 0) as bigint)"
        form_pattern = NUMBER
    return (
        f"case when regexp_full_match({text}, {literal(form_pattern)}) "
        f"and abs({micros}) <= {LAST_MICROSECOND} then make_timestamp({micros}) end"
    )


def expected(column: Column) -> str:
    """Return what a value of the column should have looked like, in words."""
    if column.data_type not in ("timestamp", "date"):
        return f"not a {column.data_type}"
    forms = " or ".join(column.formats)
    words = f"not a {column.data_type} written as {forms}"
    naive = any(
        form == "iso" or ("%" in form and not re.search("%[zZ]", form)) for form in column.formats
    )
    if column.data_type == "timestamp" and column.zone is None and naive:
        words += ", with an offset (the contract states no zone for times without one)"
    return words


def fault_reasons(contract: Contract) -> list[tuple[str, str]]:
    """Return (column, reason) by the fault numbers that `fault` writes, the first being 1."""
    reasons = []
    for column in contract.columns:
        if column.required:
            reasons.append((column.name, EMPTY))
        if column.data_type != "string":
            reasons.append((column.name, expected(column)))
        if column.accepted:
            reasons.append((column.name, f"not one of {', '.join(column.accepted)}"))
    return reasons


def fault(contract: Contract) -> str:
    """Return SQL for the number of the first fault of a row with texts t0… and values v0….

    It is null for a row without fault, and 0 for one the contract passes over (`only`).
    """
    cases, number = [], 0
    for place, column in enumerate(contract.columns):
        if column.only:
            wanted = literals(entry.lower() for entry in column.only)
            cases.append(f"when lower(trim(t{place})) not in ({wanted}) then 0")
    for place, column in enumerate(contract.columns):
        text, value = f"t{place}", f"v{place}"
        conditions = []
        if column.required:
            conditions.append(f"{text} is null")
        if column.data_type != "string":
            conditions.append(f"{text} is not null and {value} is null")
        if column.accepted:
            accepted = literals(entry.lower() for entry in column.accepted)
            conditions.append(f"{text} is not null and lower(trim({text})) not in ({accepted})")
        for condition in conditions:
            number += 1
            cases.append(f"when {condition} then {number}")
    return f"case {' '.join(cases)} end" if cases else "cast(null as integer)"


def staged_select(
    contract: Contract, texts: list[str], relation: str, name_patterns: int, *, is_json: bool
) -> str:
    """Return the select that types a relation's rows: contract columns, `_fault`, `_original`,
    and of JSON `_keys`.

    `texts` are SQL expressions over `relation`, one per column. Parameters: $salt, $names_….
    """
    cleaned, values, kept, original = [], [], [], []
    for place, column in enumerate(contract.columns):
        markers = (*contract.null_markers, *column.null_markers)
        text = texts[place] if column.data_type == "string" else f"trim({texts[place]})"
        text = f"nullif({text}, '')"
        if markers:
            text = f"case when trim({text}) not in ({literals(markers)}) then {text} end"
        cleaned.append(f"{text} as t{place}")
        cell = f"t{place}"
        if column.is_hashed and is_json:
            value = hashed_json(cell)
        elif column.free_text and not column.is_hashed:
            value = redacted(cell, name_patterns)
        else:
            value = typed(column, cell)
        values.append(f"{value} as v{place}")
        kept.append(f'v{place} as "{column.name}"')
        # Redacted before it becomes JSON, where a line's end is a letter that hides a name.
        safe = column.is_hashed or column.free_text
        original.append(f'"{column.name}" := {"v" if safe else "t"}{place}')
    # Once for all other cells: no pattern reaches across the quotes between them.
    kept_text = redacted("_original", name_patterns)
    if is_json:
        cleaned.append("ks")
        kept.append("ks as _keys")
    return (
        f"select {', '.join(kept)}, _fault, "
        f"case when _original is not null then {kept_text} end as _original "
        "from (select *, case when _fault > 0 then "
        f"cast(to_json(struct_pack({', '.join(original)})) as varchar) end as _original "
        f"from (select *, {fault(contract)} as _fault "
        f"from (select *, {', '.join(values)} "
        f"from (select {', '.join(cleaned)} from ({relation})))))"
    )
