#!/usr/bin/env bash
# Installs the public MCP servers that the tests register (`scripts/mcp.sh install`) if their lock file changed.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
install) scripts/packages.sh tests/mcp ;;
*)
  echo "usage: scripts/mcp.sh install" >&2
  exit 2
  ;;
esac
