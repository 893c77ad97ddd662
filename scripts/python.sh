#!/usr/bin/env bash
# Prints the folder of a Python with the packages of clients/python/requirements.txt, in .cache/python.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$PWD/.cache/python
requirements=clients/python/requirements.txt
bin=$home/bin
[[ $("$bin/python" -c 'print("runs")' 2>/dev/null) == runs ]] && cmp -s "$requirements" "$home/installed.txt" && {
  echo "$bin"
  exit
}
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "python: Python 3.11 or newer is needed on PATH as python3" >&2
  exit 1
}
echo "clients/python: installing Python packages (half a minute, once)" >&2
mkdir -p .cache
log=.cache/python.log
rm -rf "$home"
if ! { python3 -m venv "$home" && "$bin/python" -m pip install --quiet --requirement "$requirements"; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "clients/python: installing the packages failed" >&2
  exit 1
fi
cp "$requirements" "$home/installed.txt"
echo "$bin"
