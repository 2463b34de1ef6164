#!/usr/bin/env bash
# Ask PyPI whether a package of uv.lock has a known vulnerability. Needs a network: it is not part of scripts/test.sh.
# Usage: scripts/audit.sh [arguments of pip-audit, such as --ignore-vuln ID or --vulnerability-service osv]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/setup.sh

python=$(find_python)
uv=$(find_uv "$python")
packages=$(mktemp)
trap 'rm -f "$packages"' EXIT
"$uv" export --quiet --locked --all-extras --all-groups --no-emit-project --format requirements-txt --output-file "$packages"
say "asking for known vulnerabilities of $(grep -c '^[^ #]*==' "$packages") packages, over the network"
# --strict: a package that nobody could be asked about is not a package without vulnerabilities.
"$uv" tool run --python "$python" pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
  --requirement "$packages" "$@" ||
  fail "a package has a known vulnerability, or could not be asked about (no network, or a mirror without PyPI's JSON API): see above"
