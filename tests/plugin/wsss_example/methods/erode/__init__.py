"""Erosion: the borders of masks are left open, so that nothing is learnt where they are rarely right."""
