"""The history of a company, in the order of causes: turns on call, releases, failures, pages."""

from nines.simulation.attention import interrupt
from nines.simulation.draws import Draws
from nines.simulation.failures import fail
from nines.simulation.releases import release
from nines.simulation.rotations import rotate
from nines.simulation.truth import Truth


def happen(truth: Truth, draws: Draws) -> None:
    """Fill the truth of a company with its history."""
    rotations = rotate(truth, draws)
    faults = release(truth, draws)
    fail(truth, draws, faults)
    interrupt(truth, draws, rotations)
