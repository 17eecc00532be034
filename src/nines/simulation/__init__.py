"""A company that never was: its exports in the vendors' shapes, and the truth behind them."""

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from nines.simulation import alert_flood, bill, company, exporting, history, practice, traffic
from nines.simulation.draws import Draws
from nines.simulation.truth import Scenario, Truth, write_truth

# The warehouse takes older instants for systems' way of writing that they do not know.
FIRST_DAY, LAST_DAY = date(2010, 1, 8), date(2100, 1, 1)

# What happens is made in memory; only what traffic drives may be of any size.
MOST_SERVICES = 2000
# What a simulation wrote, so that `force` can tell it from anything else.
LIST = "truth/files.txt"


class SimulationError(Exception):
    """The arguments make no company; the message says which one and what would."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What was written."""

    exports: Path
    truth_folder: Path
    truth: Truth
    dirt_counts: dict[str, int]

    def describe(self) -> str:
        """Say in one line what the company is and where it lies."""
        dirt = sum(self.dirt_counts.values())
        return (
            f"Simulated {len(self.truth.services)} services over "
            f"{self.truth.scenario.days} days: {len(self.truth.incidents)} incidents, "
            f"{len(self.truth.deployments)} deployments, {len(self.truth.pages)} pages"
            + (f", {dirt} pieces of dirt" if self.truth.scenario.is_dirty else "")
            + f". Exports are in {self.exports}, what really happened in {self.truth_folder}."
        )


def simulate(
    out: Path,
    *,
    seed: int = 7,
    services: int = 60,
    start: date | str = date(2025, 7, 1),
    days: int = 460,
    scale: int = 1,
    dirty: bool = False,
    force: bool = False,
) -> Simulation:
    """Write an invented company's exports to `out/exports` and its truth to `out/truth`.

    The same arguments give the same rows on any machine. `start` is a day, or its ISO text; `scale`
    multiplies the rows that traffic drives. Raises SimulationError for arguments that make no
    sense, and for a folder that is not empty; `force` replaces what an earlier simulation wrote
    there, and nothing else.
    """
    exports, truth_folder = out / "exports", out / "truth"
    scenario = _scenario(seed, services, start, days, scale, is_dirty=dirty)
    _refuse_other_peoples_files(out, force=force)
    draws = Draws(seed)
    truth = company.found(scenario, draws)
    history.happen(truth, draws)
    practice.practise(truth, draws)
    bill.add_initiatives(truth, draws)
    try:
        for folder in (exports, truth_folder):
            if folder.exists():
                shutil.rmtree(folder)
        exports.mkdir(parents=True)
    except OSError as fault:
        raise SimulationError(f"{out} cannot be written to: {fault.strerror}.") from None
    dirt = exporting.export_all(truth, draws, exports)
    write_truth(truth, dirt, truth_folder)
    for big_tables in (traffic, bill, alert_flood):
        big_tables.write_truth_tables(truth, draws, truth_folder)
    _list_files(out)
    return Simulation(
        exports, truth_folder, truth, dict(sorted(Counter(piece.kind for piece in dirt).items()))
    )


def _scenario(
    seed: int, services: int, start: date | str, days: int, scale: int, *, is_dirty: bool
) -> Scenario:
    """Return the arguments as a scenario, or say which of them makes no sense."""
    for name, value in (("services", services), ("days", days), ("scale", scale)):
        if value < 1:
            raise SimulationError(f"--{name} must be 1 or more; it is {value}.")
    if services > MOST_SERVICES:
        raise SimulationError(
            f"--services must be {MOST_SERVICES} at most; it is {services}. "
            "--scale makes more rows of fewer services."
        )
    try:
        traffic.interval_seconds(scale)
    except ValueError as fault:
        raise SimulationError(f"--{fault}.") from None
    try:
        first_day = date.fromisoformat(start) if isinstance(start, str) else start
        start_at = datetime.combine(first_day, datetime.min.time())
    except ValueError:
        raise SimulationError(
            f"--start {start!r} is not a day; write it like 2025-07-01."
        ) from None
    if not FIRST_DAY <= first_day < LAST_DAY or days > (LAST_DAY - first_day).days:
        raise SimulationError(
            f"The history must lie between {FIRST_DAY} and {LAST_DAY}, where the warehouse's "
            f"calendar is; --start {first_day} --days {days} does not."
        )
    end_at = start_at + timedelta(days=days)
    return Scenario(seed, services, start_at, end_at, scale, is_dirty)


def _refuse_other_peoples_files(out: Path, *, force: bool) -> None:
    """Refuse a folder that holds anything; with `force`, anything but an earlier simulation."""
    there = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not there.is_dir():
        raise SimulationError(f"{there} is a file; name a folder to write the company into.")
    found = sorted(entry.name for entry in out.iterdir()) if out.exists() else []
    if not found:
        return
    if not force:
        raise SimulationError(
            f"{out} is not empty; name another folder, or use --force to replace an earlier "
            "simulation."
        )
    listed = _listed_files(out)
    if not listed:
        raise SimulationError(
            f"{out} holds no whole simulation ({LIST} is missing), so that nobody can tell whose "
            "files they are. Remove it yourself, or name another folder."
        )
    foreign = sorted(_files_below(out) - listed)
    if foreign:
        raise SimulationError(
            f"{out} holds something that no simulation wrote ({', '.join(foreign[:5])}); "
            "--force replaces only what an earlier one did. Name another folder."
        )


def _list_files(out: Path) -> None:
    """Write the list of all that the simulation wrote, last of all and itself included."""
    (out / LIST).touch()
    text = "".join(f"{name}\n" for name in sorted(_files_below(out)))
    (out / LIST).write_text(text, encoding="utf-8", newline="\n")


def _listed_files(out: Path) -> set[str]:
    """Return what an earlier simulation wrote; nothing when it did not come to its end."""
    path = out / LIST
    return set(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else set()


def _files_below(out: Path) -> set[str]:
    """Return the files and links below a folder, by their paths within it."""
    return {
        path.relative_to(out).as_posix()
        for path in out.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
