# `make test` is the whole check: it installs what is missing and runs everything. `.ci/run` calls it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: check-dpo faults test tools fmt clippy doc deny core nextest codec-node openapi http browser advisories bench counts fuzz fuzz-briefly cron-smoke

export CONSENTRY_SHARED ?= $(abspath ../shared)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
DENY := $(HOME)/.cache/consentry-tools/bin/cargo-deny
DENY_VERSION := 0.20.2

test: tools fmt clippy doc core nextest codec-node openapi http counts fuzz-briefly browser deny
	@scripts/skipped

# Debian packages, test runner, dependency checker, browser libraries: each only where it is missing.
tools: $(DENY)
	@scripts/tools

$(DENY):
	@echo "installing cargo-deny $(DENY_VERSION) (once; kept in $(dir $@))"
	@CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
	  cargo install --quiet --locked --no-default-features --root $(HOME)/.cache/consentry-tools cargo-deny@$(DENY_VERSION)

fmt:
	cargo fmt --check

clippy:
	cargo clippy --locked --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet

# The core without a proxy (D19).
core:
	cargo clippy --locked --no-default-features --lib -- -D warnings

nextest:
	@scripts/nextest

# Our codecs against the IAB's own libraries.
codec-node:
	@scripts/codec-node

# The long form of the tests that kill gateways, fill disks and take the database away: a hundred kills and more.
faults:
	CONSENTRY_NEEDS_POSTGRES=1 cargo nextest run --locked --test faults --run-ignored all --no-capture

# The running program against docs/openapi.json.
openapi:
	@scripts/schemathesis

# A public HTTP checker against the running gateway.
http:
	@scripts/http

browser:
	@scripts/browser

# What a data protection officer could sign, against the demo site; `make browser` runs it too.
check-dpo:
	@scripts/check-dpo

deny: $(DENY)
	$(DENY) --offline check --hide-inclusion-graph bans licenses sources

# Known vulnerabilities; says so when the database cannot be reached.
advisories: $(DENY)
	@$(DENY) check advisories || { echo "advisories: not checked, or found some (see above)"; exit 1; }

bench:
	cargo bench --locked

# Instruction counts of the hot codec paths, against benches/counts.toml.
counts:
	@scripts/counts

# The long run: `make fuzz SECONDS_EACH=300`, `make fuzz TARGETS="tcf gpp"`.
fuzz:
	@scripts/fuzz

# 120 seconds in all, where fuzzing builds; else it says so, and is counted.
fuzz-briefly:
	@IF_POSSIBLE=1 SECONDS_ALL=120 scripts/fuzz

# A running gateway's /api/cron/daily-stats in all its forms; APP_URL and CRON_SECRET are in .env (docs/statistics.md).
cron-smoke:
	@scripts/cron-smoke
