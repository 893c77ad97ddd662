#!/usr/bin/env bash
# Starts the processes of compose.yaml without Docker (migrations, two web processes, a worker, and the proxy if Caddy is on
# PATH), and sends messages through them. It uses the services of scripts/services.sh, and starts them if they do not run.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
[[ $target == /* ]] || target=$PWD/$target
TROUPE=${TROUPE:-$target/debug/troupe}
[[ -x $TROUPE ]] || {
  echo "production-shape: $TROUPE is not built; \`cargo build\` makes it" >&2
  exit 1
}
if ! scripts/services.sh env >/dev/null 2>&1; then
  trap 'scripts/services.sh stop' EXIT
  SERVICES_OWNER=$$ scripts/services.sh start
fi
variables=$(scripts/services.sh env)
eval "$variables"
# the wheel of scripts/services.sh has a psql
PSQL=$(command -v psql || sed -n 's/^bin //p' .cache/services 2>/dev/null | sed 's,$,/psql,')
[[ -n $PSQL ]] || {
  echo "production-shape: psql is missing; install the client of PostgreSQL" >&2
  exit 1
}
CADDY=$(command -v caddy || true)
export TROUPE PSQL CADDY

scripts/packages.sh tests/deployment
PATH=$(scripts/node.sh):$PATH
# without the flag, Node.js 20 has no WebSocket
node --experimental-websocket --test --test-timeout=300000 --test-reporter=spec tests/deployment/shape/*.test.js
