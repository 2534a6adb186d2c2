#!/usr/bin/env bash
# Build the Go programs that the tests drive, from modules whose versions and checksums stand in their go.mod and go.sum. They
# end up in a cache folder; what is up to date takes a second. Without Go it says what would be missing.
set -euo pipefail
cd "$(dirname "$0")/../test/clients"
PATH=$PATH:/usr/local/go/bin
if ! command -v go >/dev/null; then
  echo "setup:services: no Go; not built: kubelogin and the Go client of test/clients" >&2
  exit 0
fi
export GOBIN=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse/bin GOFLAGS=-mod=readonly GOTOOLCHAIN=local
(cd go-client && go install .)
(cd kubelogin && go install tool)
