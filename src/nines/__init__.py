"""Nines, a reliability warehouse: raw exports in, conformed marts and the reliability review out."""
