"""A small company for tests of its big tables: founded and lived through, nothing written."""

from dataclasses import replace
from datetime import datetime, timedelta

from nines.simulation import company, history
from nines.simulation.draws import Draws
from nines.simulation.truth import Scenario, Truth


def lived(
    *, services: int = 8, days: int = 70, scale: int = 1, is_dirty: bool = False, seed: int = 7
) -> tuple[Truth, Draws]:
    """Return a company and its draws; it begins in the middle of a quarter's first month."""
    start = datetime(2025, 7, 14)
    draws = Draws(seed)
    truth = company.found(
        Scenario(seed, services, start, start + timedelta(days=days), scale, is_dirty), draws
    )
    history.happen(truth, draws)
    return truth, draws


def calm(truth: Truth) -> Truth:
    """Return the same company as if nothing had ever gone wrong."""
    return replace(truth, incidents=[], deployments=[], maintenances=[])
