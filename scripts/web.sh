#!/usr/bin/env bash
# Builds the web pages into web/dist if their sources changed since the last build.
set -euo pipefail
cd "$(dirname "$0")/.."

digest() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }

# Compares contents, not times: a fresh checkout or another branch has new times but often the same contents.
# The console is built with the client packages' sources, and its operations are checked against the schema.
sources=$(find web clients/client/src clients/react/src schema.graphql \( -name node_modules -o -name dist \) -prune -o -type f -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cat | digest)
stamp=.cache/web.stamp
up_to_date() { [[ -f web/dist/index.html && $(cat "$stamp" 2>/dev/null) == "$sources" ]]; }
up_to_date && exit

mkdir -p .cache
if command -v flock >/dev/null; then
  exec 9>.cache/web.lock
  flock 9
  up_to_date && exit # another process has just built them
fi

scripts/packages.sh web
echo "web: building the browser's pages (about 20 seconds)"
log=.cache/web.log
PATH=$(scripts/node.sh):$PATH
# Types, tests and pages at the same time: none of them keeps all cores busy.
all_parts() {
  local failed=0 types tests
  npm run --silent check &
  types=$!
  npm test --silent &
  tests=$!
  npm run --silent build || failed=1
  wait "$types" || failed=1
  wait "$tests" || failed=1
  return "$failed"
}
if ! (cd web && all_parts) >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "web: the build failed" >&2
  exit 1
fi
echo "$sources" >"$stamp"
