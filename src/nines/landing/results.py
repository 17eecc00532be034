"""What a landing tells its caller: one outcome per file, and the exit status."""

from dataclasses import dataclass

LANDED, ALREADY, REFUSED, UNKNOWN = "landed", "already landed", "refused", "unknown"


def rows_in_words(count: int) -> str:
    """Return a count of rows in words."""
    return f"{count:,} row" + "s" * (count != 1)


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file: `landed`, `already landed`, `refused` or `unknown`, and why."""

    source_file: str
    status: str
    row_count: int = 0
    rejected_count: int = 0
    tables: tuple[str, ...] = ()
    reason: str | None = None
    notices: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line."""
        if self.status == LANDED:
            rejected = f", {self.rejected_count:,} rejected" if self.rejected_count else ""
            where = ", ".join(self.tables)
            return (
                f"{self.source_file}: landed {rows_in_words(self.row_count)}{rejected} in {where}"
            )
        return f"{self.source_file}: {self.status}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class LandingResult:
    """The outcomes of all files, and what concerns no single one of them."""

    files: tuple[FileOutcome, ...]
    notices: tuple[str, ...] = ()
    strict: bool = False

    def count(self, status: str) -> int:
        """Return how many files had this outcome."""
        return sum(outcome.status == status for outcome in self.files)

    @property
    def row_count(self) -> int:
        """Rows that landed."""
        return sum(outcome.row_count for outcome in self.files)

    @property
    def rejected_count(self) -> int:
        """Rows that broke their contract and were kept apart."""
        return sum(outcome.rejected_count for outcome in self.files)

    @property
    def exit_status(self) -> int:
        """1 when a file was refused, or unknown and the landing strict; else 0."""
        return int(self.count(REFUSED) > 0 or (self.strict and self.count(UNKNOWN) > 0))

    def __str__(self) -> str:
        """Say it in one line."""
        counts = ", ".join(
            f"{self.count(status)} {status}"
            for status in (LANDED, ALREADY, REFUSED, UNKNOWN)
            if self.count(status) or status == LANDED
        )
        rejected = f", {self.rejected_count:,} rejected" if self.rejected_count else ""
        return f"Files: {counts}; {rows_in_words(self.row_count)} new{rejected}"
