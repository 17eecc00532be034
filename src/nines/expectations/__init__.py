"""Judges a landing, and the marts, as sets: what no contract or test can say of one row."""

from nines.expectations.outcomes import CheckResult, Outcome, Severity, Stage

__all__ = ["CheckResult", "Outcome", "Severity", "Stage"]
