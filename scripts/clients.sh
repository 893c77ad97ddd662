#!/usr/bin/env bash
# Runs the checks of tests/clients against a `troupe dev` of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh tests/clients
PATH=$(scripts/node.sh):$PATH
exec scripts/with-server.sh clients npm --prefix tests/clients test --silent
