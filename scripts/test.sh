#!/usr/bin/env bash
# Everything that must hold before a change goes in: `make test` and CI run this and nothing else.
set -euo pipefail
set -m # every step is a process group of its own, so that an interrupt ends all of it
cd "$(dirname "$0")/.."

troupe=${CARGO_TARGET_DIR:-target}/debug/troupe
mkdir -p .cache
log=.cache/test.log
: >"$log"
[[ ! -t 1 ]] || export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-always}

if command -v flock >/dev/null; then
  exec 9>.cache/test.lock
  flock -n 9 || {
    echo "another \`make test\` runs in this checkout; waiting for it"
    flock 9
  }
fi

# ---------------------------------------------------------------- steps

times=()
running=

# step <name> <command…>: says what runs, how long it took, and what failed; the exit code is the command's.
step() {
  local name=$1 began=$SECONDS code=0
  shift
  printf '\n── %s\n' "$name"
  "$@" </dev/null 9>&- &
  running=$!
  wait "$running" || code=$?
  running=
  if ((code)); then
    printf '\n✗ %s failed (exit code %d, after %d s)\n' "$name" "$code" "$((SECONDS - began))" >&2
    exit "$code"
  fi
  times+=("$(printf '%6d s  %s' "$((SECONDS - began))" "$name")")
}

finish() {
  local code=$?
  trap - EXIT
  if [[ -n $running ]]; then
    kill -TERM -- "-$running" 2>/dev/null || true
    wait "$running" 2>/dev/null || true
  fi
  [[ -z ${started:-} ]] || scripts/services.sh stop || true
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Shows a test run and keeps what it says, for the sum at the end.
counted() {
  "$@" 2>&1 | tee -a "$log"
}

services() {
  SERVICES_OWNER=$$ scripts/services.sh start
}
documentation() {
  RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
}
on_sqlite() {
  unset TROUPE_TEST_DATABASE_URL TROUPE_TEST_REDIS_URL
  counted cargo test --workspace --locked
}
on_postgres() {
  local variables
  variables=$(scripts/services.sh env)
  eval "$variables"
  # the store and what stands on Redis have cases of their own
  counted cargo test --locked --lib --test it
}

under_faults() {
  local variables
  variables=$(scripts/services.sh env)
  eval "$variables"
  counted cargo test --locked --test chaos
}

# ---------------------------------------------------------------- the whole of it

step 'web pages' scripts/web.sh
step 'format' cargo fmt --all --check
step 'clippy' cargo clippy --workspace --all-targets --locked -- -D warnings
step 'documentation' documentation
step 'build' cargo test --workspace --locked --no-run
step 'models' "$troupe" models fetch
step 'MCP servers' scripts/mcp.sh install
step 'tests on SQLite' on_sqlite
if ! scripts/services.sh env >/dev/null 2>&1; then # else somebody started them by hand, and will stop them
  started=yes
  step 'PostgreSQL and Redis' services
fi
step 'tests on PostgreSQL and Redis' on_postgres
step 'faults' under_faults
step 'clients' counted scripts/clients.sh
step 'MCP conformance' counted scripts/conformance.sh

printf '\n── summary\n'
printf '%s\n' "${times[@]}"
awk '{ gsub(/\033\[[0-9;]*m/, "") } # colours
  /^test result/ { passed += $4; failed += $6; ignored += $8 }
  /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 } # the fault bench, MCP conformance
  /^ℹ pass/ { passed += $3 }
  /^ℹ fail/ { failed += $3 }
  END { printf "%d passed, %d failed, %d ignored\n", passed, failed, ignored }' "$log"
printf '✓ everything passed in %d min %02d s\n' $((SECONDS / 60)) $((SECONDS % 60))
