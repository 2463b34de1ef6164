"""Data sets checked before a run: every problem, with its remedy."""
