#!/usr/bin/env bash
# The long form of the fault bench, with a PostgreSQL and a Redis of its own: `make chaos`.
#
#   chaos.sh [part of a scenario's name …]
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --locked --test chaos --no-run
started=
if ! scripts/services.sh env >/dev/null 2>&1; then # else somebody started them by hand, and will stop them
  SERVICES_OWNER=$$ scripts/services.sh start
  started=yes
fi
trap '[[ -z $started ]] || scripts/services.sh stop' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
variables=$(scripts/services.sh env)
eval "$variables"
TROUPE_CHAOS=long cargo test --locked --test chaos -- "$@"
