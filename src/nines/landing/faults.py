"""Faults of exports, in words that name the place and never repeat what the file holds."""

import re

import duckdb


class LandingError(Exception):
    """The landing cannot go on; the message says what to do."""


class RefusedFile(Exception):
    """One file cannot land; the message says where the fault is. The other files go on."""


# Mistakes of the statement, not of the file: our own defects, to be seen with their traceback.
OURS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.InternalException,
    duckdb.NotImplementedException,
    duckdb.TransactionException,
)


def explain(error: duckdb.Error) -> str:
    """Return the place and kind of a reader's fault, without the text the engine quotes."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    if line:
        counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
        if counts:
            return f"line {line[1]} has {counts[2]} columns where the header has {counts[1]}"
        if "nterminated quote" in text:
            return f"line {line[1]} has a quote that is not closed, or text after a closing quote"
        if "unicode" in text:
            return f"line {line[1]} is not UTF-8; state the contract's `encoding` if it is another"
        if "Maximum line size" in text:
            return f"line {line[1]} is longer than a line may be; is a quote left open?"
        return f"line {line[1]} is not valid CSV"
    place = re.search(r"at byte (\d+) in (line|record/value) (\d+): ([a-zA-Z0-9 ()-]+)", text)
    if place:
        # The engine counts the line it would read next.
        unit = "line" if place[2] == "line" else "record"
        number = max(int(place[3]) - 1, 1)
        return f"invalid JSON at byte {place[1]} of {unit} {number}: {place[4].strip()}"
    if "maximum_object_size" in text:
        return "one record is larger than 16 MB; is it a document with a list? Export lines instead"
    if "arquet" in text or "magic bytes" in text:
        return "not a readable Parquet file"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "not enough memory or disk to read it"
    if isinstance(error, duckdb.IOException):
        return "it could not be read, or the disk is full"
    return f"it could not be read ({type(error).__name__})"
