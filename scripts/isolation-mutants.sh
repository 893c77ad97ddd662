#!/usr/bin/env bash
# Removes each predicate that isolates accounts and end users, one at a time, and requires that a test fails:
# `make isolation-mutants`. The predicates are removed in a copy of the sources, below target/.
#
#   isolation-mutants.sh [part of a predicate's name …]
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --locked --test isolation_mutants --no-run
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
cargo test --locked --test isolation_mutants -- "$@"
