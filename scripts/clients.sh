#!/usr/bin/env bash
# Runs the tests in tests/clients against a separate `troupe dev`, and the tests of the packages in clients.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh tests/clients
PATH=$(scripts/node.sh):$PATH
scripts/with-server.sh clients npm --prefix tests/clients test --silent
exec scripts/client-packages.sh
