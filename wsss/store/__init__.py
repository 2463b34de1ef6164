"""Artifacts on disk: fingerprints, the store, and the formats of single items."""
