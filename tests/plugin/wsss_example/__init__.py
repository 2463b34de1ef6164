"""A package that extends wsss: its folders are named as those of wsss are."""
