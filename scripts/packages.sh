#!/usr/bin/env bash
# Installs the npm packages of a folder from its lock file if that file changed since the last installation. The
# optional second argument is the minimum Node version.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
PATH=$(scripts/node.sh "${2:-20}"):$PATH
cd "$1"

cmp -s package-lock.json node_modules/.installed-lock && exit
echo "$1: installing npm packages (up to a minute, once)"
mkdir -p "$root/.cache"
log=$root/.cache/npm.log
if ! npm ci >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "$1: npm ci failed" >&2
  exit 1
fi
cp package-lock.json node_modules/.installed-lock
