#!/usr/bin/env bash
# Compares render.yaml, deploy/render, the Compose files and the Dockerfile with the rules of their platforms and with the
# settings of the program. It needs no build.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh tests/deployment
PATH=$(scripts/node.sh):$PATH
exec npm --prefix tests/deployment test --silent
