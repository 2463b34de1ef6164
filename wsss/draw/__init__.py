"""What people look at: one self-contained HTML page, drawn from plain values."""
