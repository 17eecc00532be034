"""Nines, a reliability warehouse: raw exports in, marts and the reliability review out."""
