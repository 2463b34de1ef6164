#!/usr/bin/env bash
# All checks and tests: makes .venv, then formatting, lint and import contracts, then pytest with types and the docs beside it.
# Arguments of pytest leave the docs out, which take longer than a few tests.
# Usage: scripts/test.sh [--slow | --endurance] [arguments of pytest, such as tests/cams, -k crf or --costs 20]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup.sh

set_up --group dev
has_crf || say "without pydensecrf, tests that compare with it are skipped: pytest lists them at its end"
command -v chromium chromium-browser google-chrome >/dev/null || say "without chromium, NOBODY LOOKS AT THE PAGES: tests of the report in a browser are skipped"
# Images of containers often set it: every interpreter that a test starts then compiles torch and Lightning anew.
unset PYTHONDONTWRITEBYTECODE

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

checks=("mypy")
# In a theme that does not draw the list of all pages on each of them, which costs as much again as all that is checked.
[[ ${#arguments[@]} -gt 0 ]] || checks+=("sphinx-build -E -q -W --keep-going -D html_theme=basic docs docs/_build/checked")
said=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$said"' EXIT

# One after the other, beside pytest; what they say is kept until pytest has ended.
check_beside() {
  local number
  for number in "${!checks[@]}"; do
    # Words of a check are split on purpose; none has a blank in it.
    # shellcheck disable=SC2086
    (check ${checks[number]}) >"$said/$number" 2>&1 || touch "$said/failed"
  done
}

check ruff format --check
check ruff check
check lint-imports
check_beside &
beside=$!

# The whole suite runs on all cores; for a few files, starting workers takes longer than the tests.
[[ ${#arguments[@]} -gt 0 || ${marker[1]} == endurance ]] || arguments=(--numprocesses auto --dist worksteal)
[[ ! -t 1 ]] || arguments+=(--color yes)
say "pytest, with ${checks[*]%% *} beside it"
status=0
.venv/bin/python -m pytest ${marker[@]+"${marker[@]}"} ${arguments[@]+"${arguments[@]}"} | tee "$said/pytest" || status=$?
wait "$beside"
cat "$said"/[0-9]* >&2
if [[ -e $said/failed ]]; then
  say "a check beside pytest failed, see above"
  [[ $status != 0 ]] || status=1
fi
tail -n 1 "$said/pytest" # last, where people and machines look for it
exit "$status"
