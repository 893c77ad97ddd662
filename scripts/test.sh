#!/usr/bin/env bash
# Runs all checks and tests that a change must pass: `make test` and CI run only this script.
set -euo pipefail
set -m # each step has its own process group, so that an interrupt ends the whole step
cd "$(dirname "$0")/.."

# Tests spend a third of their time on waiting: with more threads than cores no core is idle.
cores=$(getconf _NPROCESSORS_ONLN)
troupe=${CARGO_TARGET_DIR:-target}/debug/troupe
mkdir -p .cache
log=.cache/test.log
: >"$log"
# What is tested is compiled by clippy's compiler, as `cargo clippy` does without the code: its own check of everything would
# compile everything twice. A warning is an error.
export RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
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
fetching=
documenting=

# step <name> <command…>: prints the step, records its duration, and exits with the command's exit code on failure.
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
  local group
  for group in $running $fetching $documenting; do
    kill -TERM -- "-$group" 2>/dev/null || true
    wait "$group" 2>/dev/null || true
  done
  [[ -z ${started:-} ]] || scripts/services.sh stop || true
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Prints the output of a test run and appends it to the log for the summary.
counted() {
  "$@" 2>&1 | tee -a "$log"
}

# Fetches what later steps need while the compilers have the processor. A failure is reported by the step that needs it.
fetch_in_background() {
  (
    scripts/mcp.sh install
    scripts/packages.sh tests/clients
    scripts/packages.sh tests/mcp-conformance 22
    scripts/packages.sh clients
    scripts/packages.sh tests/deployment
    scripts/python.sh
    scripts/chromium.sh
  ) >.cache/fetch.log 2>&1 </dev/null 9>&- &
  fetching=$!
}
fetched() {
  while kill -0 "$fetching" 2>/dev/null; do sleep 1; done
}

services() {
  SERVICES_OWNER=$$ scripts/services.sh start
}
# The documentation is made beside the tests with what they leave of the processor, and in a folder of its own: Cargo locks
# the other one.
documentation_in_background() {
  RUSTDOCFLAGS='-D warnings' CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/documentation nice -n 19 \
    cargo doc --workspace --no-deps --document-private-items --locked >.cache/documentation.log 2>&1 </dev/null 9>&- &
  documenting=$!
}
documented() {
  local code=0
  wait "$documenting" || code=$?
  documenting=
  ((code == 0)) || {
    cat .cache/documentation.log >&2
    printf '\n✗ documentation failed (exit code %d)\n' "$code" >&2
    exit "$code"
  }
}
# Each HTTP client of the tests would read all certificates of the system, and none speaks TLS with a public server.
trust_one_certificate() {
  local all=/etc/ssl/certs/ca-certificates.crt
  [[ -r $all ]] || return 0
  sed '/END CERTIFICATE/q' "$all" >.cache/certificate.pem
  unset SSL_CERT_DIR
  export SSL_CERT_FILE=$PWD/.cache/certificate.pem
}
on_sqlite() {
  unset TROUPE_TEST_DATABASE_URL TROUPE_TEST_REDIS_URL
  trust_one_certificate
  # no doc-tests: there are none, and looking for them takes as long as a check
  RUST_TEST_THREADS=$((2 * cores)) counted cargo test --workspace --locked --tests
}
on_postgres() {
  local variables
  variables=$(scripts/services.sh env)
  eval "$variables"
  trust_one_certificate
  export RUST_TEST_THREADS=$((cores + 1)) # the database server needs a part of the cores
  # Only these tests have cases for PostgreSQL and Redis. The skipped ones read files, open a server over SQLite of their
  # own, or are about other systems' habits, protocols, models or texts, and have run before.
  counted cargo test --locked --lib -- store:: adapter::
  counted cargo test --locked --test it -- \
    --skip evals:: --skip demo:: --skip tidy:: --skip routing::evaluation --skip upstreams:: --skip mcp_habits:: \
    --skip documents:: --skip a_decompression_bomb --skip schema:: --skip observability::rules --skip observability::table \
    --skip transport:: --skip mcp:: --skip models::fallback --skip routing::model_choice --skip handoffs::privacy \
    --skip persona::model --skip persona::prompt --skip workflows::extraction
}

under_faults() {
  local variables
  variables=$(scripts/services.sh env)
  eval "$variables"
  counted cargo test --locked --test chaos
}

# ---------------------------------------------------------------- run all steps

step 'web pages' scripts/web.sh
fetch_in_background
step 'format' cargo fmt --all --check
step 'build and clippy' cargo test --workspace --locked --all-targets --no-run
step 'downloads' fetched
fetching=
step 'deployment' counted scripts/deployment.sh
step 'models' "$troupe" models fetch
step 'MCP servers' scripts/mcp.sh install
step 'tests on SQLite' on_sqlite
if ! scripts/services.sh env >/dev/null 2>&1; then # otherwise they were started manually and stay running
  started=yes
  step 'PostgreSQL and Redis' services
fi
documentation_in_background
step 'tests on PostgreSQL and Redis' on_postgres
documented
step 'faults' under_faults
step 'clients' counted scripts/clients.sh
step 'MCP conformance' counted scripts/conformance.sh

printf '\n── summary\n'
printf '%s\n' "${times[@]}"
awk '{ gsub(/\033\[[0-9;]*m/, "") } # colours
  /^test result/ { passed += $4; failed += $6; ignored += $8 }
  /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 } # the fault tests and MCP conformance
  /^ℹ pass/ { passed += $3 }
  /^ℹ fail/ { failed += $3 }
  END { printf "%d passed, %d failed, %d ignored\n", passed, failed, ignored }' "$log"
printf '✓ everything passed in %d min %02d s\n' $((SECONDS / 60)) $((SECONDS % 60))
