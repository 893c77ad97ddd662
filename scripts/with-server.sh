#!/usr/bin/env bash
# Runs a command against a separate `troupe dev` with a new data folder, a free port and one demo account. The command
# gets the variables TROUPE_URL, TROUPE_API_KEY and TROUPE_OPERATOR_KEY: with-server.sh <name> <command…>
set -euo pipefail
cd "$(dirname "$0")/.."

name=$1
shift

troupe=${CARGO_TARGET_DIR:-target}/debug/troupe
[[ -x $troupe ]] || {
  echo "$name: $troupe is not built; \`cargo build\` makes it" >&2
  exit 1
}
PATH=$(scripts/node.sh):$PATH

# Passes on only the caller's choice of models, and the address of a Pinecone, which is of no use without a key; the caller's
# database and keys must not be used.
hidden=()
for variable in "${!TROUPE_@}"; do
  case $variable in
  TROUPE_MODELS_DIR | TROUPE_OPENAI_* | TROUPE_CHAT_MODEL | TROUPE_EMBEDDING_MODEL | TROUPE_PINECONE_URL) ;;
  *) hidden+=(-u "$variable") ;;
  esac
done

# The folder of `troupe models fetch`.
export TROUPE_MODELS_DIR=${TROUPE_MODELS_DIR:-$PWD/data/models}
data=$(mktemp -d "${TMPDIR:-/tmp}/troupe-$name.XXXXXX")
env ${hidden[@]+"${hidden[@]}"} "$troupe" dev --addr 127.0.0.1:0 --data-dir "$data" >"$data/server.log" 2>&1 &
server=$!

# Stops the server as an operator would; it must exit with status 0 within the shutdown deadline.
end_server() {
  local status=0
  kill "$server" 2>/dev/null || true
  for _ in $(seq 900); do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || status=$?
  return "$status"
}
finish() {
  local status=$?
  trap - EXIT
  set +e
  end_server || {
    echo "$name: the server ended with status $? and not 0" >&2
    ((status)) || status=1
  }
  if ((status)); then
    echo "$name: the server's last lines:" >&2
    tail -n 40 "$data/server.log" >&2
  fi
  rm -rf "$data"
  exit "$status"
}
trap '' PIPE # the reader of the output may be interrupted too, and the server must still be stopped
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "$name: waiting for the server"
found=$(node tests/clients/await-server.js "$data/dev.json" "$server")
{ read -r url && read -r key && read -r operator; } <<<"$found"
TROUPE_URL=$url TROUPE_API_KEY=$key TROUPE_OPERATOR_KEY=$operator "$@"
