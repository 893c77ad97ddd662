#!/usr/bin/env bash
# Checks the dependencies (deny.toml), unused dependencies and the spelling (typos.toml); `make check` runs it.
#
# A tool that is not on PATH in its pinned version is installed into .cache/tools, once: typos from PyPI where python3
# has pip, the others with cargo. `make test` does not run this script, because the first installation takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/.cache/tools
mkdir -p "$tools"
say() { echo "lints: $*" >&2; }

# from_pypi <program> <package==version> <folder>: installs the program of a wheel; fails if there is no pip or no wheel.
from_pypi() {
  python3 -m pip --version >/dev/null 2>&1 &&
    python3 -m pip install --quiet --no-deps --only-binary=:all: --target "$3" "$2" >"$tools/$1.log" 2>&1 &&
    [[ -x $3/bin/$1 ]]
}

# from_crates <program> <package@version> <folder>
from_crates() {
  CARGO_TARGET_DIR=$tools/target cargo install --quiet --locked --root "$3" "$2" >"$tools/$1.log" 2>&1 || {
    cat "$tools/$1.log" >&2
    say "installing $2 failed"
    return 1
  }
  rm -rf "$tools/target"
}

# tool <program> <package> <version> [pypi]: sets `found` to the path of the program in this version.
tool() {
  local program=$1 package=$2 version=$3 folder=$tools/$1-$3
  if found=$(command -v "$program") && [[ $("$found" --version) == *"$version" ]]; then
    return
  fi
  found=$folder/bin/$program
  [[ -x $found ]] && return
  say "installing $package $version into .cache/tools (up to ten minutes, once)"
  if [[ ${4:-} != pypi ]] || ! from_pypi "$program" "$program==$version" "$folder"; then
    rm -rf "$folder"
    from_crates "$program" "$package@$version" "$folder"
  fi
}

spelling() {
  tool typos typos-cli 1.52.0 pypi
  "$found"
}

unused_dependencies() {
  local log=.cache/machete.log
  tool cargo-machete cargo-machete 0.9.2
  "$found" >"$log" 2>&1 || {
    cat "$log" >&2
    return 1
  }
}

# Warnings, such as crates in several versions, are in the log only.
dependencies() {
  local log=.cache/deny.log checks=(advisories bans licenses sources)
  tool cargo-deny cargo-deny 0.20.2
  if ! "$found" --locked fetch db >"$log" 2>&1; then
    say "the advisory database cannot be fetched (.cache/deny-fetch.log says why): advisories are not checked"
    mv "$log" .cache/deny-fetch.log
    checks=(bans licenses sources)
  fi
  "$found" --locked check --hide-inclusion-graph "${checks[@]}" >"$log" 2>&1 || {
    cat "$log" >&2
    return 1
  }
  say "$(tail -n 1 "$log"); $(grep -c '^warning' "$log" || true) warnings in $log"
}

if command -v flock >/dev/null; then
  exec 9>"$tools/lock"
  flock 9
fi
spelling
unused_dependencies
dependencies
