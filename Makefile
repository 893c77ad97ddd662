# The commands of this repository; `make` alone lists them.
TROUPE := $(or $(CARGO_TARGET_DIR),target)/debug/troupe

.PHONY: help run test check schema clients chaos isolation-mutants web services clean-data

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: build ## start everything in one process on http://127.0.0.1:8080; options with ARGS="--addr …"
	@$(TROUPE) models fetch
	@exec $(TROUPE) dev $(ARGS)

test: toolchain ## run all checks and tests, with their own PostgreSQL and Redis
	@scripts/test.sh

check: toolchain web ## check format, lints, documentation, spelling and dependencies only (fast, except for the first time)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items --locked
	@scripts/lints.sh

schema: build ## regenerate schema.graphql from the code
	@mkdir -p .cache && $(TROUPE) schema > .cache/schema.graphql && mv .cache/schema.graphql schema.graphql

clients: build ## run the tests of the client packages and of common GraphQL clients only
	@$(TROUPE) models fetch
	@scripts/clients.sh

chaos: toolchain web ## run the long fault tests (two and a half hours); scenarios with ARGS="kill redis"
	@scripts/chaos.sh $(ARGS)

isolation-mutants: toolchain web ## remove each predicate of isolation, one at a time: a test must fail; parts of names with ARGS="session"
	@scripts/isolation-mutants.sh $(ARGS)

web: ## build the web pages if they changed
	@scripts/web.sh

services: ## start PostgreSQL and Redis for tests; scripts/services.sh describes how to use and stop them
	@scripts/services.sh start && scripts/services.sh env

clean-data: ## delete the data of `make run`: accounts, conversations, keys
	rm -f data/troupe.db* data/dev.json

.PHONY: build toolchain
build: toolchain web
	@[ -x $(TROUPE) ] || echo "cargo: building troupe (the first time takes about five minutes on two cores)"
	@cargo build --locked

toolchain:
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust with rustup, https://rustup.rs, and try again"; exit 1; }
