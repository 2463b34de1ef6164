"""The commands beside `run`, one module each: `main(arguments)` reads its own with argparse.

Modules import lazy packages alone and name what they need where they use it, so that `--help` answers at once.
"""
