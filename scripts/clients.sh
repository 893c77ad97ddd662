#!/usr/bin/env bash
# Runs the tests in tests/clients against a separate `troupe dev`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh tests/clients
PATH=$(scripts/node.sh):$PATH
exec scripts/with-server.sh clients npm --prefix tests/clients test --silent
