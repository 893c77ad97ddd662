#!/usr/bin/env bash
# Runs the tests in tests/clients and one of the console against a separate `troupe dev`, and the tests of the packages in
# clients and of the console against another one, with a scripted model.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh tests/clients
scripts/packages.sh clients
scripts/packages.sh web
PATH=$(scripts/node.sh):$PATH
CHROMIUM=$(scripts/chromium.sh)
export CHROMIUM
npm --prefix clients run --silent build
scripts/with-server.sh clients \
  bash -c 'npm --prefix tests/clients test --silent && node --test --test-timeout=60000 --test-reporter=spec web/tests/embedded/*.test.js'
exec scripts/client-packages.sh
