#!/usr/bin/env bash
# Tries a built `troupe dev` with real MCP servers of several generations from PyPI: registers each, calls it, kills and
# restarts it, and calls it again without a refresh. Prints a table. Not a part of `make test`: it needs python3, PyPI
# and some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

work=${1:-target/mcp-generations}
mkdir -p "$work"
for package in mcp==1.8.1 mcp==1.12.4 mcp fastmcp==2.3.5 fastmcp; do
  folder=$work/${package/==/-}
  [[ -x $folder/bin/python ]] || {
    python3 -m venv "$folder"
    # the old ones use what pydantic had in their time
    with=()
    [[ $package == *==* ]] && with=('pydantic<2.12' 'starlette<0.50')
    "$folder/bin/pip" install --quiet "$package" ${with[@]+"${with[@]}"}
  }
done
exec python3 tests/mcp/generations.py "$work" "${CARGO_TARGET_DIR:-target}/debug/troupe"
