#!/usr/bin/env bash
# Builds, checks and packs the client packages, and runs their tests and those of the console against a separate `troupe dev`
# with a scripted model.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh clients
scripts/packages.sh web
PATH=$(scripts/node.sh):$PATH
python=$(scripts/python.sh)
CHROMIUM=$(scripts/chromium.sh)
export CHROMIUM

packed=$PWD/.cache/client-packages
log=.cache/client-packages.log
quietly() {
  "$@" >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    echo "clients: $* failed" >&2
    exit 1
  }
}

npm --prefix clients run --silent build
quietly "$python/mypy" --config-file clients/python/pyproject.toml clients/python/src
rm -rf "$packed"
mkdir -p "$packed"
quietly npm --prefix clients pack --workspace client --workspace react --pack-destination "$packed"
quietly "$python/python" -m build --no-isolation --outdir "$packed" clients/python

export PYTHONPATH=$PWD/clients/python/src:$PWD/clients/python/tests PACKED=$packed
node clients/tests/with-model.js scripts/with-server.sh client-packages \
  bash -c 'npm --prefix clients test --silent && npm --prefix web run --silent test:browser && "$0" clients/python/tests/run.py' "$python/python"
