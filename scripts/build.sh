#!/usr/bin/env bash
# `npm run build`: one executable file, dist/gatehouse, with everything inside.
#
# - `--compile-exec-argv`, as bin/gatehouse passes it: the header block's limit (32 KiB); the system's certificates are believed too.
# - No `.env` and no bunfig.toml from the folder it is started in: a file that somebody else put there must not configure it.
# - Names are kept: the log shows those of errors. `--bytecode` saves parsing at start, for 2 MB of disk.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-dist/gatehouse}
mkdir -p "$(dirname "$out")"
exec node_modules/bun/bin/bun.exe build src/main.ts \
  --compile --minify-syntax --minify-whitespace --bytecode --format=esm \
  --compile-exec-argv="--use-system-ca --max-http-header-size=32768" \
  --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
  --outfile "$out"
