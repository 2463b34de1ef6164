"""Names of what lies in a run's folder."""

from typing import Final

RECORD: Final = "run.yaml"
"""What the run is made of; see `wsss.run.record`."""
SCORES: Final = "scores.json"
REPORT: Final = "report.html"
SHEETS: Final = "sheets"
"""The report's pictures."""
