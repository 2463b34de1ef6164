#!/usr/bin/env bash
# From a fresh checkout to a finished report: makes .venv, then runs the whole pipeline on scenes that are drawn by code.
# Usage: scripts/quickstart.sh [overrides of `wsss run`, such as random_seed=1]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup.sh

set_up --no-dev --inexact
.venv/bin/wsss run experiment=toy "$@"
say "finished: open the page named in the last line above in a browser"
