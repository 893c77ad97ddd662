# What one does with this repository; `make` alone says what there is.
TROUPE := $(or $(CARGO_TARGET_DIR),target)/debug/troupe

.PHONY: help run test check schema clients chaos web services clean-data

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: build ## everything in one process on http://127.0.0.1:8080; other options with ARGS="--addr …"
	@$(TROUPE) models fetch
	@exec $(TROUPE) dev $(ARGS)

test: toolchain ## all checks and tests, with a PostgreSQL and a Redis of their own
	@scripts/test.sh

check: toolchain web ## only format and lints: fast
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

schema: build ## write schema.graphql anew from the code
	@mkdir -p .cache && $(TROUPE) schema > .cache/schema.graphql && mv .cache/schema.graphql schema.graphql

clients: build ## only the checks with the GraphQL clients that people use
	@$(TROUPE) models fetch
	@scripts/clients.sh

chaos: toolchain web ## the long form of the fault bench (two and a half hours); scenarios with ARGS="kill redis"
	@scripts/chaos.sh $(ARGS)

web: ## the browser's pages, when they changed
	@scripts/web.sh

services: ## start PostgreSQL and Redis for tests; scripts/services.sh says how to use and stop them
	@scripts/services.sh start && scripts/services.sh env

clean-data: ## forget what `make run` stored: accounts, conversations, keys
	rm -f data/troupe.db* data/dev.json

.PHONY: build toolchain
build: toolchain web
	@[ -x $(TROUPE) ] || echo "cargo: building troupe (the first time takes about five minutes on two cores)"
	@cargo build --locked

toolchain:
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust with rustup, https://rustup.rs, and try again"; exit 1; }
