"""The config: composed by Hydra, built into objects that check themselves, and explained by `--help`."""
