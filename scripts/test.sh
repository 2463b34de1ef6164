#!/usr/bin/env bash
# All checks and tests: makes .venv, then formatting, lint, types, import contracts, the docs and pytest, in this order.
# Usage: scripts/test.sh [--slow | --endurance] [arguments of pytest, such as tests/cams or -k crf]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup.sh

set_up --group dev
has_crf || say "without pydensecrf, tests that compare with it are skipped: pytest lists them at its end"

marker=(-m "not slow and not endurance")
arguments=()
for argument in "$@"; do
  case $argument in
    --slow) marker=(-m "not endurance") ;;
    --endurance) marker=(-m endurance -s) ;;
    *) arguments+=("$argument") ;;
  esac
done

check() {
  say "$*"
  ".venv/bin/$1" "${@:2}"
}
check ruff format --check
check ruff check
check mypy
check lint-imports
check sphinx-build -E -q -W --keep-going -b html docs docs/_build/html
# The whole suite runs on all cores; for a few files, starting workers takes longer than the tests.
[[ ${#arguments[@]} -gt 0 || ${marker[1]} == endurance ]] || arguments=(--numprocesses auto --dist worksteal)
say "pytest"
exec .venv/bin/python -m pytest ${marker[@]+"${marker[@]}"} ${arguments[@]+"${arguments[@]}"}
