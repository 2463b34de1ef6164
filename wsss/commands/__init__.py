"""The commands beside `run`, one module each: `main(arguments)` reads its own with argparse.

Modules import the stack where they work, not where they are imported, so that `--help` answers at once.
"""
