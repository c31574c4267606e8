# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WASM := web/public-build/pdq.wasm
PO := $(wildcard src/takeback/hotline/locale/*/LC_MESSAGES/django.po)
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/public-build -prune -o -type f -print 2>/dev/null)
TEMPLATES := $(shell find src/takeback/hotline -name '*.html' 2>/dev/null)
NATIVE_SOURCES := $(shell find native -type f 2>/dev/null)
BENCH := .venv-bench/bin/python -m benchmarks
say = printf '\033[1m%s\033[0m\n' "$(1)"

.PHONY: help setup run demo test .shown-python-test lint types contracts native-test python-test \
        web-test e2e-test freeze fuzz fuzz-quick flood-bounds kill-loop mixing outages \
        restored-backup proxies jpeg-tools photographs wrk bench bench-against bench-quick chromium \
        flood-gate flood-hotline messages helpline-reference screenshots page-pictures lock \
        sbom release migrations clean

help: ## List the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

setup: .venv/.installed web/dist/.built $(PO:.po=.mo) ## Set up everything that `takeback` needs

run: setup ## Start the hotline on :8000 and Skylark on :8001, or on the next free ports
	@exec $(BIN)/takeback run

demo: setup ## Walk the whole way, headless, on photographs
	@exec $(BIN)/takeback demo

.venv/.locked: requirements/development.txt
	@$(call say,Python packages (once; a few minutes))
	@PYTHON=$(PYTHON) tools/python-environment
	@touch $@

.venv/.installed: .venv/.locked pyproject.toml $(NATIVE_SOURCES)
	@$(call say,C++ kernels)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-build-isolation --no-deps --editable .
# Where PYTHONDONTWRITEBYTECODE is set, every start would compile all modules anew; this keeps them.
	@$(BIN)/python -m compileall -q src/takeback
	@touch $@

web/node_modules/.installed: web/package-lock.json
	@$(call say,Browser packages)
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WASM): native/wasm/module.cpp $(wildcard native/*/*.hpp) native/wasm/build.py | .venv/.locked
	@$(call say,WebAssembly kernel)
	@$(BIN)/python native/wasm/build.py $@

web/dist/.built: web/node_modules/.installed $(WASM) $(WEB_SOURCES) $(TEMPLATES) src/takeback/fingerprints/views.toml src/takeback/hotline/helplines/reference/time_zones.json
	@$(call say,Browser code)
	@cd web && npm run --silent build
	@touch $@

%.mo: %.po .venv/.locked
	@$(BIN)/python tools/compile_catalogue.py $< $@

# The Python tests take as long as all others together, so both go side by side. What another check
# prints comes when it is through; the Python tests are shown as they go.
test: setup photographs chromium proxies jpeg-tools lint contracts ## Run every check
	@$(MAKE) --jobs=2 --output-sync=target .shown-python-test types native-test web-test e2e-test
	@$(MAKE) fuzz-quick
	@$(call say,All checks passed)

.shown-python-test:
	@$(MAKE) --output-sync=none python-test

lint: setup ## Style of Python
	@$(call say,Lint)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

types: setup ## Types of Python
	@$(call say,Types)
	@DATABASE_URL=postgresql:///none TAKEBACK_STATE=var/types $(BIN)/mypy

contracts: setup ## Who may import whom
	@$(call say,Import contracts)
	@DATABASE_URL=postgresql:///none TAKEBACK_STATE=var/types $(BIN)/lint-imports

native-test: setup ## C++ kernel tests
	@$(call say,C++ kernel tests)
	@tools/native-tests

web-test: setup ## TypeScript: types, lint, Vitest
	@$(call say,TypeScript tests)
	@cd web && npm run --silent check && npm run --silent test

# One more than there are cores: many tests wait, for what has to happen in time or must not happen.
WORKERS ?= $$(( $$(nproc) + 1 ))
python-test: setup photographs jpeg-tools ## Python tests on real PostgreSQL and real photographs
	@$(call say,Python tests)
	@$(BIN)/pytest -m "not e2e" --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

freeze: setup chromium ## Write tests/frozen and tests/e2e/semantics anew, after a change that is meant
	@TAKEBACK_FREEZE=1 $(BIN)/pytest -q tests/frozen tests/hotline/frozen
	@TAKEBACK_FREEZE=1 $(BIN)/pytest -q -m e2e tests/e2e/test_semantics.py
	@git --no-pager diff --stat tests/frozen tests/e2e/semantics

kill-loop: setup ## Kill worker, witness and gate 500 times while the list changes (a quarter of an hour)
	@$(call say,Kill loop)
	@TAKEBACK_KILLS=500 $(BIN)/pytest -q tests/hotline/test_kill_loop.py

flood-bounds: setup ## 1 GiB bodies, 10 MB headers and 500 half-open connections, on every route (five minutes)
	@$(call say,What a stranger can take)
	@$(BIN)/python -m tests.campaigns.bounds

restored-backup: setup ## Restore an old backup of a running hotline: what its worker and a gate do
	@$(BIN)/python -m tests.campaigns.restored_backup
	@$(BIN)/python -m tests.campaigns.restored_backup --with-mark

mixing: setup ## How well cases mix in a batch, through the running worker (a quarter of an hour)
	@$(call say,Mixing)
	@$(BIN)/python -m tests.campaigns.mixing

outages: setup ## Kill PostgreSQL 20 times, fill the disk 5 times, restart everything (as root; 10 minutes)
	@$(call say,Outages)
	@$(BIN)/python -m tests.campaigns.outages

flood-hotline: setup ## 200 people who send at once, and one source with 200 connections (five minutes)
	@$(call say,Floods of a hotline)
	@$(BIN)/python -m tests.campaigns.hotline_flood

fuzz-quick: setup jpeg-tools ## Fuzz every decoder entry for a minute
	@$(call say,Fuzzing)
	@$(BIN)/python -m tests.fuzz.campaign --seconds 60

FUZZ_SECONDS ?= 3600
fuzz: setup jpeg-tools ## Fuzz every decoder entry for an hour, or FUZZ_SECONDS
	@$(call say,Fuzzing)
	@$(BIN)/python -m tests.fuzz.campaign --seconds $(FUZZ_SECONDS) --lanes "$$(nproc)"

flood-gate: setup photographs jpeg-tools ## Flood a gate with costly files beside honest uploads (4 minutes)
	@$(call say,Gate under a flood)
	@$(BIN)/python -m tests.campaigns.gate_flood

e2e-test: setup photographs chromium proxies ## End-to-end tests in real Chromium
	@$(call say,End-to-end tests)
	@$(BIN)/pytest -m e2e

photographs: var/photographs/.fetched ## Fetch harmless photographs (Debian wallpapers) for tests
var/photographs/.fetched: .venv/.installed
	@$(call say,Photographs for the tests (once))
	@$(BIN)/python -m takeback.demo.photographs var/photographs
	@touch $@

bench: .venv/.installed photographs wrk .venv-bench/.installed ## Measure against the field (an hour), write docs/benchmarks.md and docs/list-speed.md
	@$(BENCH) full

bench-against: .venv/.installed photographs ## This tree's speed against that of another commit, REV=…, in pairs (half an hour)
	@$(BIN)/python -m benchmarks.against $(REV) $(AGAINST)

bench-quick: .venv/.installed photographs .venv-bench/.installed ## The ratios to Pillow + pdqhash and FAISS, in 3 minutes
	@$(BENCH) quick

wrk: ## Install Debian's wrk, which puts the gate's service under load, where it is missing
	@tools/debian-packages wrk wrk

.venv-bench/.installed: requirements/benchmarks.txt .venv/.locked
	@$(call say,Packages to measure against (once; a few minutes))
	@tools/benchmark-environment
	@touch $@

chromium: ## Install Debian's Chromium and fonts where they are missing
	@tools/debian-packages Chromium chromium fonts-noto-core

jpeg-tools: ## Install the tools of libjpeg-turbo, which write odd JPEGs for the tests, where they are missing
	@tools/debian-packages "JPEG tools" libjpeg-turbo-progs

proxies: ## Install Debian's nginx and Caddy, whose files in deploy/ are tested, where they are missing
	@tools/debian-packages "nginx and Caddy" nginx-light caddy

messages: setup ## Bring the translation catalogues up to date with the pages
	@$(BIN)/python tools/messages.py

helpline-reference: setup ## Read the names and time zones of the helplines' countries anew
	@DATABASE_URL=postgresql:///none TAKEBACK_STATE=var/types $(BIN)/python tools/helpline_reference.py

screenshots: setup photographs chromium ## Make the pictures of the README from the running program
	@mkdir -p docs/pictures && TAKEBACK_PICTURES=docs/pictures $(BIN)/pytest -q tests/e2e/test_the_whole_way.py

page-pictures: setup photographs chromium ## Take a picture of every page, to be looked at (10 minutes)
	@$(BIN)/python -m tests.campaigns.page_pictures var/page-pictures

lock: ## Pin the Python packages anew, with their hashes; ONLY="name …" changes those alone
	@tools/pin-packages $(ONLY)

migrations: setup ## Migrate a database of 100,000 entries from the last release, where there is one
	@$(BIN)/python -m tests.campaigns.migrations

sbom: setup ## Write what Takeback is made of, as CycloneDX, into dist/
	@$(call say,Bills of materials)
	@tools/sbom

release: setup ## Build what is released into dist/: wheel, sdist, lock, bills of materials, checksums
	@$(call say,Release)
	@tools/release

clean: ## Forget all state under var/
	@rm -rf var
