"""Finds export files and the contracts they feed, knows them by content, unpacks them bounded."""

import codecs
import gzip
import hashlib
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from nines.contracts import Contract
from nines.landing.faults import LandingError, RefusedFile

# Refuse what expands both beyond a size few exports reach and by a factor no export compresses to
# (JSON of repeated keys stays below 40): a bomb has both.
MAX_EXPANDED_BYTES = 1 << 30
MAX_EXPANSION = 100

CHUNK = 4 << 20
COMPRESSIONS = (".gz", ".zst")
# What people put beside exports to say what they are.
NOTES = re.compile(r"(readme|license|licence|notice)(\.(md|txt|rst))?", re.IGNORECASE)


@dataclass(frozen=True)
class ExportFile:
    """A file below the exports folder, and the contracts it feeds."""

    path: Path
    source_file: str  # relative to the exports folder
    below_system: str  # relative to the system's folder
    contracts: tuple[Contract, ...]

    @property
    def system(self) -> str:
        """The folder under the exports folder."""
        return self.contracts[0].system

    @property
    def compression(self) -> str | None:
        """`.gz`, `.zst` or none."""
        return self.path.suffix.lower() if self.path.suffix.lower() in COMPRESSIONS else None

    @property
    def suffix(self) -> str:
        """The extension below the compression's, lower case."""
        path = self.path.with_suffix("") if self.compression else self.path
        return path.suffix.lower()


@dataclass(frozen=True)
class Found:
    """Everything below the exports folder: known files, and what cannot land with the reason."""

    files: list[ExportFile] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def find_files(exports: Path, contracts: Sequence[Contract]) -> Found:
    """Return the files below `exports` in the order of their paths.

    Hidden files and readmes are passed over. A link that leaves the exports folder, and whatever
    is no plain file, is refused.
    """
    if not exports.is_dir():
        raise LandingError(f"{exports} is not a folder. Give the folder that holds one per system.")
    found = Found()
    home = exports.resolve()
    systems = {contract.system for contract in contracts}
    for system in sorted(exports.iterdir()):
        name = _printable(system.name)
        if system.name.startswith("."):
            continue
        if system.is_symlink() and not system.resolve().is_relative_to(home):
            found.refused.append((name, "a link that leaves the exports folder"))
            continue
        if system.name not in systems or not system.is_dir():
            kind = "folder" if system.is_dir() else "file"
            found.unknown.append((name, f"no contract names this {kind}"))
            continue
        theirs = [contract for contract in contracts if contract.system == system.name]
        for path in _walk(system):
            source_file = _printable(path.relative_to(exports).as_posix())
            below = _printable(path.relative_to(system).as_posix())
            fault = _fault(path, home)
            if fault:
                found.refused.append((source_file, fault))
                continue
            feeds = tuple(c for c in theirs if any(matches(below, glob) for glob in c.files))
            if feeds:
                found.files.append(ExportFile(path, source_file, below, feeds))
            else:
                found.unknown.append((source_file, f"no contract of {name} names this file"))
    return found


def matches(below_system: str, glob: str) -> bool:
    """Return whether a path matches a contract's glob, as it is or without .gz or .zst."""
    pattern = _pattern(glob)
    stem, suffix = os.path.splitext(below_system)  # noqa: PTH122
    return bool(
        pattern.fullmatch(below_system)
        or (suffix.lower() in COMPRESSIONS and pattern.fullmatch(stem))
    )


@lru_cache(maxsize=4096)
def _pattern(glob: str) -> re.Pattern[str]:
    """`*` and `?` stay in one folder, `**/` is any folders, `[abc]` one of these."""
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    written = []
    for part in re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]/]+\])", glob):
        if part in signs:
            written.append(signs[part])
        elif part.startswith("[") and part.endswith("]"):
            written.append("[^" + part[2:] if part.startswith("[!") else part)
        else:
            written.append(re.escape(part))
    return re.compile("".join(written), re.DOTALL)


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or NOTES.fullmatch(entry.name):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        else:
            yield entry


def _fault(path: Path, home: Path) -> str | None:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if not target.is_relative_to(home):
        return "a link that leaves the exports folder"
    if not stat.S_ISREG(target.stat().st_mode):
        return "a link to a folder" if target.is_dir() else "not a plain file"
    if not os.access(target, os.R_OK):
        return "you may not read it"
    return None


def _printable(path: str) -> str:
    """Return the path as text that can be stored, whatever bytes the name has."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True)
class Identity:
    """What a file holds, by hash, and the hashes of its beginnings at the sizes asked for."""

    content_hash: str
    size_bytes: int
    beginnings: dict[int, str]


class Survey:
    """What a pass over the bytes tells of JSON, so that the engine need not look again.

    Both answers may be yes without need, never no: they only spare work.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """Look for these keys, and for numbers with a fraction."""
        self.has_fraction = False
        self._missing = {key: f'"{key}"'.encode() for key in keys}
        self._longest = max((len(needle) for needle in self._missing.values()), default=3)
        self._tail = b""

    def has_key(self, key: str) -> bool:
        """Return whether the key occurs, in whatever place."""
        return key not in self._missing

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        # What straddles two chunks is looked for apart, which spares a copy of each.
        edge = self._tail + chunk[: self._longest]
        for key, needle in list(self._missing.items()):
            if needle in chunk or needle in edge:
                del self._missing[key]
        if not self.has_fraction:
            self.has_fraction = _has_fraction(chunk) or _has_fraction(edge)
        self._tail = chunk[-self._longest :]


def _has_fraction(chunk: bytes) -> bool:
    if b"." not in chunk:
        return False
    if len(chunk) < CHUNK // 4:
        return re.search(rb"[0-9]\.[0-9]", chunk) is not None
    import numpy as np  # noqa: PLC0415 (small files do without)

    signs = np.frombuffer(chunk, dtype=np.uint8)
    points = np.flatnonzero(signs[1:-1] == ord(".")) + 1
    return bool((((signs[points - 1] - 48) < 10) & ((signs[points + 1] - 48) < 10)).any())


def identify(path: Path, sizes: Iterable[int] = (), survey: Survey | None = None) -> Identity:
    """Return the SHA-256 of the file, and of its first n bytes for each n in `sizes`."""
    digest = hashlib.sha256()
    beginnings = {}
    stops = sorted(set(sizes))
    place = 0
    # Hashing leaves the interpreter free, so the survey of a chunk costs no time of its own.
    with path.open("rb") as stream, ThreadPoolExecutor(1) as other:
        while chunk := stream.read(min(CHUNK, stops[0] - place) if stops else CHUNK):
            hashing = other.submit(digest.update, chunk)
            if survey:
                survey.feed(chunk)
            hashing.result()
            place += len(chunk)
            if stops and place == stops[0]:
                beginnings[stops.pop(0)] = digest.copy().hexdigest()
    return Identity(digest.hexdigest(), place, beginnings)


@contextmanager
def opened(file: ExportFile) -> Iterator[BinaryIO]:
    """Open the file's content, unpacked; damaged packing refuses the file."""
    try:
        if file.compression == ".gz":
            with gzip.open(file.path, "rb") as stream:
                yield stream
        elif file.compression == ".zst":
            import pyarrow  # noqa: PLC0415 (takes a second, and few exports are zstd)

            with pyarrow.input_stream(str(file.path), compression="zstd") as stream:
                yield stream
        else:
            with file.path.open("rb") as stream:
                yield stream
    except (EOFError, OSError, zlib.error) as error:
        if not file.compression:
            raise RefusedFile(f"it could not be read: {error.strerror or error}") from error
        kind = "truncated" if isinstance(error, EOFError) else "damaged"
        raise RefusedFile(
            f"the {file.compression} file is {kind} ({type(error).__name__}); export it again"
        ) from error


def unpack(
    file: ExportFile,
    target: Path,
    *,
    encoding: str | None = None,
    start: int = 0,
    survey: Survey | None = None,
) -> None:
    """Write the file's content to `target`, unpacked, as UTF-8 without a byte-order mark.

    `start` leaves out that many bytes at the beginning. Raises RefusedFile when the packing is
    damaged, when it expands like a bomb, and when the text is not in its encoding.
    """
    packed = file.path.stat().st_size
    limit = max(MAX_EXPANDED_BYTES, packed * MAX_EXPANSION) if file.compression else None
    decoder = None
    written = 0
    with opened(file) as source, target.open("wb") as sink:
        if start:
            source.seek(start)
        while chunk := source.read(CHUNK):
            if written == 0 and not start:
                encoding = encoding or byte_order_encoding(chunk)
                if encoding:
                    decoder = codecs.getincrementaldecoder(encoding)("strict")
            first = written == 0
            written += len(chunk)
            if limit is not None and written > limit:
                raise RefusedFile(
                    f"it expands to more than 1 GiB and more than {MAX_EXPANSION} times its size, "
                    f"as a compression bomb does (stopped at {written:,} bytes)"
                )
            if decoder:
                try:
                    chunk = decoder.decode(chunk).encode()
                except UnicodeDecodeError as error:
                    place = written - len(error.object) + error.start + 1
                    raise RefusedFile(f"byte {place} is not {encoding} text") from error
            if first:
                chunk = chunk.removeprefix(codecs.BOM_UTF8)
            if survey:
                survey.feed(chunk)
            sink.write(chunk)
        if decoder:
            try:
                sink.write(decoder.decode(b"", final=True).encode())
            except UnicodeDecodeError as error:
                raise RefusedFile(f"it ends inside a character of {encoding}") from error


def byte_order_encoding(beginning: bytes) -> str | None:
    """Return the encoding a byte-order mark states, other than UTF-8; a mark is no guess."""
    if beginning.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return None
