"""The mutations: wrong turns in the models, listed as data beside this file."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
FEWEST_PER_MART = 3


class MutationError(Exception):
    """The mutations are not what they should be; the message says which and why."""


@dataclass(frozen=True)
class Mutation:
    """One wrong turn an honest developer could take, in words and as a replaced text.

    `survives` says why no test can tell the changed model from the right one; only a mutation that
    survives has it.
    """

    mart: str
    model: str
    old: str
    new: str
    breaks: str
    survives: str = ""

    @property
    def file(self) -> str:
        """The model's file, as a path below the project's root."""
        files = [path for path in MODELS.rglob("*.sql") if path.stem == self.model]
        if len(files) != 1:
            raise MutationError(f"{self.model} is the name of {len(files)} models")
        return str(files[0].relative_to(ROOT))

    def applied_to(self, sql: str) -> str:
        """Return the model's SQL with the text replaced; raise MutationError unless it is once."""
        found = sql.count(self.old)
        if found != 1:
            raise MutationError(f"{self.file} holds {found} times instead of once: {self.old!r}")
        return sql.replace(self.old, self.new)


def mutations(folder: Path = Path(__file__).parent) -> list[Mutation]:
    """Return the mutations of every TOML file of the folder, each fitting its model."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
        found += [Mutation(**table) for table in tables]
    for mutation in found:
        mutation.applied_to((ROOT / mutation.file).read_text(encoding="utf-8"))
    return found


def marts_short_of(mutations: Sequence[Mutation]) -> list[str]:
    """Return the marts that fewer mutations than three concern, and names that are no mart."""
    counts = Counter(mutation.mart for mutation in mutations)
    marts = {path.stem for path in (MODELS / "marts").rglob("*.sql")}
    short = [mart for mart in sorted(marts) if counts[mart] < FEWEST_PER_MART]
    return short + [f"{name} (no such mart)" for name in sorted(counts.keys() - marts)]
