#!/usr/bin/env bash
# Compares render.yaml, deploy/render, the Compose files and the Dockerfile with the rules of their platforms and with the
# settings of the program, and figures in the pages with the files. With promtool on PATH, it runs the tests of the alerts
# too. It needs no build.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh tests/deployment
PATH=$(scripts/node.sh):$PATH
if command -v promtool >/dev/null; then
  promtool test rules deploy/observability/alerts.test.yaml
fi
exec npm --prefix tests/deployment test --silent
