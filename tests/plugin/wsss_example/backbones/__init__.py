"""Members that extend wsss."""
