"""Stores and runs as somebody might send them: each attack damages one, and is to be told and to harm nothing else."""

from e2e.attacks import files, names, notes, records, weights

ATTACKS = (*records.ATTACKS, *files.ATTACKS, *weights.ATTACKS, *names.ATTACKS, *notes.ATTACKS)
