"""Measurements: each a ratio beside something run in the same run, printed as a table."""
