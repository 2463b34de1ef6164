"""Applications on finished runs and on data sets: explain, predict, compare, check, and the store's upkeep."""
