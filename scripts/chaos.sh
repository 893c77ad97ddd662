#!/usr/bin/env bash
# Runs the long fault tests with their own PostgreSQL and Redis: `make chaos`.
#
#   chaos.sh [part of a scenario's name …]
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --locked --test chaos --no-run
started=
if ! scripts/services.sh env >/dev/null 2>&1; then # otherwise they were started manually and stay running
  SERVICES_OWNER=$$ scripts/services.sh start
  started=yes
fi
trap '[[ -z $started ]] || scripts/services.sh stop' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
variables=$(scripts/services.sh env)
eval "$variables"
TROUPE_CHAOS=long cargo test --locked --test chaos -- "$@"
