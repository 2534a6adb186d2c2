#!/usr/bin/env bash
# `npm test`: install the real parts where that is possible, run every test, say what was skipped.
set -uo pipefail
cd "$(dirname "$0")/.."
scripts/setup-services.sh || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ "${CI:-}" = true ]; then export FUZZ_RUNS="${FUZZ_RUNS:-100000}"; fi
node_modules/bun/bin/bun.exe test --timeout 120000 "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
skipped=$(grep -c '^SKIPPED: ' "$log" || true)
if [ "$skipped" -gt 0 ]; then
  echo
  echo "$skipped part(s) missing, their tests were skipped:"
  grep '^SKIPPED: ' "$log" | sort -u
fi
exit "$status"
