#!/usr/bin/env bash
# Tries a built `troupe dev` with real MCP servers of several generations from PyPI and npm: registers each, calls it,
# kills and restarts it, and calls it again without a refresh. Prints a table with the versions, and fails if a server
# fails. A package without a version is the newest one on the day of its installation; remove the folder to renew it.
# Not a part of `make test`: it needs python3, both registries and some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

work=${1:-target/mcp-generations}
mkdir -p "$work"
PATH=$(scripts/node.sh):$PATH

for package in mcp==1.8.1 mcp==1.12.4 mcp fastmcp==2.3.5 fastmcp mcp-proxy==0.13.0; do
  folder=$work/$package
  [[ -e $folder/.installed ]] && continue
  python3 -m venv "$folder"
  # the old ones use what pydantic had in their time
  with=()
  [[ $package == *mcp==* ]] && with=('pydantic<2.12' 'starlette<0.50')
  "$folder/bin/pip" install --quiet "$package" ${with[@]+"${with[@]}"}
  touch "$folder/.installed"
done

# Installs packages from npm in a folder of that name.
install() {
  local folder=$work/$1
  shift
  [[ -e $folder/.installed ]] && return
  mkdir -p "$folder"
  npm install --prefix "$folder" --silent --no-audit --no-fund "$@" </dev/null
  touch "$folder/.installed"
}
at=@modelcontextprotocol
install sdk@1.10.2 $at/sdk@1.10.2
install sdk@1.12.3 $at/sdk@1.12.3
install sdk $at/sdk
install server $at/server $at/node
install supergateway@3.4.3 supergateway@3.4.3
install servers $at/server-{everything,memory,filesystem}@2026.8.31 supergateway@4.0.0 mcp-proxy@6.7.19

exec python3 -B tests/mcp/generations "$work" "${CARGO_TARGET_DIR:-target}/debug/troupe"
