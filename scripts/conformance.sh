#!/usr/bin/env bash
# Runs the public MCP conformance suite and the inspector of tests/mcp-conformance against a separate `troupe dev`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh tests/mcp-conformance 22
PATH=$(scripts/node.sh 22):$PATH
exec scripts/with-server.sh conformance node tests/mcp-conformance/run.js
