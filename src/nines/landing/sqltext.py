"""Writes SQL literals and identifiers from contracts; nothing from a file ever comes here."""

from collections.abc import Iterable


def literal(text: str) -> str:
    """Return the text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literals(texts: Iterable[str]) -> str:
    """Return the texts as a comma-separated list of literals."""
    return ", ".join(literal(text) for text in texts)
