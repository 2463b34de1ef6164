"""Pictures, charts and one self-contained HTML page, drawn from plain values."""
