"""CLIP as a classifier: its image tower, and banks of words in the place of trained classes."""
