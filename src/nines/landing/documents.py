"""Finds the list inside a large JSON document, so that it is read in pieces like a bare array."""

import json
import mmap
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# What surrounds the list is read whole, so it must be small.
MAX_ENVELOPE_BYTES = 8 << 20
CHUNK = 8 << 20
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')
# How many tokens may come before the list: what comes before is an envelope, not data.
MOST_TOKENS = 200_000


@dataclass(frozen=True)
class ListInDocument:
    """A file that holds the list alone, and the document without it, as JSON text."""

    path: Path
    envelope: str


def cut_out(path: Path, keys: list[str], target: Path) -> ListInDocument | None:
    """Write the list at `keys` of the document to `target`; None when it is better read whole."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
        start = _start(text, [key.encode() for key in keys])
        end = _end(text, start) if start is not None else None
        if start is None or end is None or start + len(text) - end > MAX_ENVELOPE_BYTES:
            return None
        envelope = text[:start] + b"[]" + text[end:]
        try:
            json.loads(envelope)
        except ValueError:
            return None
        stream.seek(start)
        with target.open("wb") as sink:
            remaining = end - start
            while remaining:
                chunk = stream.read(min(CHUNK, remaining))
                sink.write(chunk)
                remaining -= len(chunk)
    return ListInDocument(target, envelope.decode())


def _start(text: mmap.mmap, keys: list[bytes]) -> int | None:
    """Return where the list at a path of keys opens."""
    depth = matched = 0
    last, is_next = b"", False
    for number, token in enumerate(TOKEN.finditer(text)):
        sign = token.group()
        if is_next:
            if matched + 1 == len(keys):
                return token.start() if sign == b"[" else None
            if sign != b"{":
                return None
            matched, is_next = matched + 1, False
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
        elif sign == b":":
            is_next = depth == matched + 1 and last == b'"' + keys[matched] + b'"'
        last = sign
        if (depth < matched + 1 and number) or number > MOST_TOKENS:
            return None
    return None


def _end(text: mmap.mmap, start: int) -> int | None:
    """Return the place after the bracket that closes the list opened at `start`.

    A quote is a text's edge unless an odd number of backslashes stands before it; brackets count
    outside texts. Whole pieces are looked at at once, because there are hundreds of millions.
    """
    depth = 0
    inside = 0  # 1 within a text
    place, size = start, len(text)
    while place < size:
        stop = min(place + CHUNK, size)
        # An escape must not be torn between two pieces.
        while stop < size and text[stop - 1] == ord("\\"):
            stop += 1
        signs = np.frombuffer(text[place:stop], dtype=np.uint8)
        quotes = np.flatnonzero(signs == ord('"'))
        quotes = quotes[~_escaped(signs, quotes)]
        marks = np.flatnonzero(
            (signs == ord("[")) | (signs == ord("]")) | (signs == ord("{")) | (signs == ord("}"))
        )
        before = np.searchsorted(quotes, marks)
        marks = marks[(before + inside) % 2 == 0]
        kinds = signs[marks]
        steps = np.where((kinds == ord("[")) | (kinds == ord("{")), 1, -1)
        depths = depth + np.cumsum(steps)
        closed = np.flatnonzero(depths == 0)
        if len(closed):
            return place + int(marks[closed[0]]) + 1
        depth = int(depths[-1]) if len(depths) else depth
        inside = (inside + len(quotes)) % 2
        place = stop
    return None


def _escaped(signs: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    """Return which quotes have an odd number of backslashes right before them."""
    odd = np.zeros(len(quotes), dtype=bool)
    suspects = np.flatnonzero((quotes > 0) & (signs[quotes - 1] == ord("\\")))
    count = np.ones(len(suspects), dtype=np.int64)
    live = np.arange(len(suspects))
    while len(live):
        at = quotes[suspects[live]] - count[live] - 1
        live = live[(at >= 0) & (signs[np.maximum(at, 0)] == ord("\\"))]
        count[live] += 1
    odd[suspects] = count % 2 == 1
    return odd
