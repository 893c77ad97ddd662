#!/usr/bin/env bash
# Prints the path of a Chromium or Chrome: the one on PATH, or else Debian's, which root installs (100 MB, once).
set -euo pipefail
cd "$(dirname "$0")/.."

find_one() { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; }

find_one && exit
log=.cache/chromium.log
mkdir -p .cache
if ((EUID == 0)) && command -v apt-get >/dev/null; then
  echo "clients: no Chromium on PATH; installing Debian's (half a minute, once)" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >"$log" 2>&1 || {
    cat "$log" >&2
    echo "clients: installing Chromium failed" >&2
    exit 1
  }
  find_one && exit
fi
echo "clients: there is no Chromium or Chrome on PATH; please install one and run this again" >&2
exit 1
