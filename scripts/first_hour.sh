#!/usr/bin/env bash
# A newcomer's first hour, timed: clones this checkout, installs it as the README says, and types what the front page types.
# Usage: scripts/first_hour.sh FOLDER [overrides of `wsss run`, such as dataset.masks=masks]
#        FOLDER holds images/ and labels.csv; what is made lies in a folder that is named at the end.
set -euo pipefail
[[ -f ${1:-}/labels.csv ]] || { echo "first_hour: name a folder with images/ and labels.csv: scripts/first_hour.sh my_photos" >&2; exit 2; }
photos=$(realpath "$1")
shift
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
work=$(mktemp -d)
wsss=.venv/bin/wsss
failed=0
rows=()

# Runs a command, keeps what it says in a file, and notes how long it took, until its first line and in all.
step() {
  local begun=$EPOCHREALTIME status=0 first="" line
  echo "==> $*" >&2
  {
    while IFS= read -r line; do
      [[ -n $first ]] || first=$(passed "$begun")
      echo "$line"
    done < <("$@" 2>&1 </dev/null || echo "$?" >"$work/failed")
  } >>"$work/said.txt"
  [[ ! -e $work/failed ]] || { status=$(cat "$work/failed"); failed=1; }
  rm -f "$work/failed"
  rows+=("$(printf '%10s %10s %4s  %s' "${first:--}" "$(passed "$begun")" "$status" "${*//$photos/my_photos}")")
}

passed() {
  awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'
}

one=$(find -L "$photos/images" -type f | sort | head -n 1)
step git clone --quiet "$checkout" "$work/wsss"
cd "$work/wsss"
step scripts/quickstart.sh
step $wsss --version
step $wsss run --help
step $wsss data check "$photos"
step $wsss run experiment=folder_quick dataset.root="$photos" plan=true "$@"
step $wsss run experiment=folder_quick dataset.root="$photos" "$@"
step $wsss model outputs/folder_quick/1 photos.wsss
step $wsss explain "$one" --model photos.wsss --out explained
step $wsss data audit "$photos" --out audit
step $wsss debug outputs/folder_quick/1
step $wsss store ls

printf '%10s %10s %4s  %s\n' "first line" "seconds" rc command
printf '%s\n' "${rows[@]}"
echo "what was said: $work/said.txt; what was made: $work/wsss"
exit "$failed"
