"""Lands exports: typed by their contracts, identities hashed, each file whole or not at all."""

from nines.landing.engine import land
from nines.landing.faults import LandingError
from nines.landing.results import FileOutcome, LandingResult

__all__ = ["FileOutcome", "LandingError", "LandingResult", "land"]
