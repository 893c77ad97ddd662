#!/usr/bin/env bash
# Prints the events of an answer as they come: curl-graphql.sh <message> <key> [<id of the last event>]
# The key is any string that is unique for the message. After a cut, run it again with the same key and the last `id:`.
set -euo pipefail

json() { python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$1"; }

curl -sSN --fail-with-body "$TROUPE_URL/graphql" \
  -H "Authorization: Bearer $TROUPE_API_KEY" -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \
  ${3:+-H "Last-Event-ID: $3"} -d @- <<JSON
{"query": "subscription(\$input: ChatInput!) { chat(input: \$input) { __typename ... on TokenDelta { text offset } ... on RunFailed { error { code message } } } }",
 "variables": {"input": {"message": $(json "$1"), "clientMessageId": $(json "$2")}}}
JSON
