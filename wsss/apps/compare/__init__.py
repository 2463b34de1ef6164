"""Finished runs side by side: scores, options that differ, and the images on which one gains or loses."""
