# SPDX-License-Identifier: Apache-2.0
# Everything a newcomer or a continuous build calls. `make` alone shows the list.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.PHONY: help demo demo-reset setup run seed test test-sqlite test-postgres check format lint types \
	kernels types-and-kernels imports templates migrations lock shots bench docs vendor-check parts \
	parts-check holes holes-check wheel chromium clean

PORT ?= 8000
HOST ?= 127.0.0.1
PYTHON ?= python3
# One process of the suite for each core, each with its own database; WORKERS= runs it in one.
WORKERS ?= -n auto --dist loadfile
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
DEMO_DATA := $(CURDIR)/var/demo
export UV_PYTHON_DOWNLOADS := never
export PYTHONUNBUFFERED := 1
unexport DJANGO_SETTINGS_MODULE

help: ## Show this list
	@echo "Pilothouse. Start with: make demo"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
		| awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

# ---- environment: stamps live in the environment, so removing it removes them ----

# A uv on the PATH is used; else the pinned one is installed beside; else pip with hashes.
$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Pilothouse needs Python 3.11 or newer; name one: make PYTHON=python3.12 demo" >&2; exit 1; }
	@if command -v uv >/dev/null; then uv venv --quiet --python "$$(command -v $(PYTHON))" $(VENV); \
	else $(PYTHON) -m venv $(VENV) || { \
		echo "The venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }; fi

.tools/uv: Makefile
	@mkdir -p .tools
	@if command -v uv >/dev/null; then command -v uv > $@; \
	else echo "Installing uv $(UV_VERSION) …"; \
		{ $(PYTHON) -m venv .tools/env && .tools/env/bin/python -m pip install --quiet \
			--disable-pip-version-check 'uv==$(UV_VERSION)' \
			&& echo "$(CURDIR)/.tools/env/bin/uv" > $@; } \
		|| { echo "uv cannot be had; pip does the same more slowly." >&2; echo pip > $@; }; fi

# Installs exactly the file $(1), then makes the sources and the command known.
define sync
	@uv="$$(cat .tools/uv)"; echo "Installing $(1) …"; \
	if [ "$$uv" = pip ]; then $(PY) -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r $(1); \
	else VIRTUAL_ENV="$(CURDIR)/$(VENV)" "$$uv" pip sync --quiet $(1); fi
	@$(PY) -c 'import sysconfig, pathlib; \
		pathlib.Path(sysconfig.get_path("purelib"), "pilothouse.pth").write_text("$(CURDIR)/src\n")'
	@printf '#!/bin/sh\nexec "%s/$(PY)" -m pilothouse "$$@"\n' "$(CURDIR)" > $(BIN)/pilothouse
	@chmod +x $(BIN)/pilothouse
endef

$(VENV)/.run: requirements/run.txt $(VENV)/pyvenv.cfg | .tools/uv
	@rm -f $(VENV)/.dev
	$(call sync,requirements/run.txt)
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/run.txt $(VENV)/pyvenv.cfg | .tools/uv
	$(call sync,requirements/dev.txt)
	@touch $(VENV)/.run $@

setup: $(VENV)/.dev ## Install everything that development needs

# ---- running ----

demo: $(VENV)/.run ## Load the demo where it is not loaded, and serve it (PORT=8000)
	@PILOTHOUSE_DATA="$${PILOTHOUSE_DATA:-$(DEMO_DATA)}" exec $(PY) -m pilothouse demo --serve \
		--host $(HOST) --port $(PORT)

demo-reset: $(VENV)/.run ## Throw the demo's data away and load it afresh
	@PILOTHOUSE_DATA="$${PILOTHOUSE_DATA:-$(DEMO_DATA)}" $(PY) -m pilothouse demo --reset

seed: $(VENV)/.run ## Load the demo without serving it
	@PILOTHOUSE_DATA="$${PILOTHOUSE_DATA:-$(DEMO_DATA)}" $(PY) -m pilothouse demo

run: $(VENV)/.dev ## Serve the demo's data with reloading, for work on the product
	@PILOTHOUSE_DATA="$${PILOTHOUSE_DATA:-$(DEMO_DATA)}" \
		DJANGO_SETTINGS_MODULE=pilothouse.config.settings.dev \
		exec $(PY) -m django runserver $(HOST):$(PORT)

# ---- checking ----

check: format lint types-and-kernels imports templates migrations vendor-check parts-check test holes-check ## Exactly what CI runs

format: $(VENV)/.dev ## Is everything formatted
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; exit 1; }

lint: $(VENV)/.dev ## Does everything pass the linter
	@$(BIN)/ruff check --quiet .

types: $(VENV)/.dev ## Does everything pass strict typing
	@PILOTHOUSE_DATA="$(CURDIR)/var/check" $(BIN)/mypy --no-error-summary

# Each takes a processor for a minute or more, and no more than one.
types-and-kernels: $(VENV)/.dev
	@$(MAKE) --jobs=2 types kernels

# Else every process of the suite compiles them for itself, and holds the compiler's memory.
kernels: $(VENV)/.dev
	@$(PY) -m pilothouse warm

imports: $(VENV)/.dev ## Do all imports go downhill
	@$(BIN)/lint-imports

templates: $(VENV)/.dev ## Do all templates compile
	@$(PY) tests/compile_templates.py

migrations: $(VENV)/.dev ## Is no migration missing
	@DJANGO_SETTINGS_MODULE=pilothouse.config.settings.test \
		$(PY) -m django makemigrations --check --dry-run

vendor-check: $(VENV)/.dev ## Are the files of others the ones written down
	@$(PY) frontend/vendor.py check
	@$(PY) requirements/breached.py check

parts-check: $(VENV)/.dev ## Is the list of parts whole, allowed and up to date
	@$(PY) requirements/parts.py check

holes-check: $(VENV)/.dev ## Is a known hole open; says loudly where that cannot be asked
	@$(PY) requirements/holes.py check

test: test-sqlite test-postgres ## The whole suite: SQLite and browser, then PostgreSQL

test-sqlite: $(VENV)/.dev chromium kernels
	@$(PY) -m pytest -q $(WORKERS)

test-postgres: $(VENV)/.dev kernels
	@$(PY) tests/on_postgres.py -q $(WORKERS)

# Browser tests need Debian's Chromium; without it they are skipped by name, loudly.
chromium:
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium for the browser tests …"; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
				--no-install-recommends chromium >/dev/null; } \
			|| echo "*** Chromium cannot be installed: the browser tests are left out. ***" >&2; \
		else echo "*** There is no chromium here: the browser tests are left out. ***" >&2; fi; fi

# ---- for those who maintain ----

lock: $(VENV)/.dev ## Compile the hashed requirement files from pyproject.toml
	@uv="$$(cat .tools/uv)"; [ "$$uv" != pip ] || { echo "make lock needs uv" >&2; exit 1; }; \
	options="--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet"; \
	"$$uv" pip compile $$options pyproject.toml -o requirements/run.txt >/dev/null; \
	"$$uv" pip compile $$options pyproject.toml --group dev -c requirements/run.txt \
		-o requirements/dev.txt >/dev/null

parts: $(VENV)/.dev ## Write the list of parts afresh (CycloneDX)
	@$(PY) requirements/parts.py make

holes: $(VENV)/.dev ## Ask for known holes of the parts; fails where it cannot ask
	@$(PY) requirements/holes.py ask

# Needs no network; what is in it, and that two builds are alike, is tested (tests/architecture).
wheel: parts-check ## Build the wheel and its list of parts, in dist/
	@$(PY) -m hatchling build -t wheel -d dist
	@$(PY) requirements/parts.py release "dist/pilothouse-$$($(PY) -m hatchling version).cdx.json"

shots: $(VENV)/.dev chromium ## Pictures of every main page, in shots/
	@$(PY) tests/shots.py

bench: $(VENV)/.dev ## Measure the promises of speed (see docs/reference/performance.md)
	@for script in benchmarks/bench_*.py; do \
		[ -e "$$script" ] || { echo "There is no benchmark yet." >&2; exit 1; }; \
		$(PY) "$$script"; done

docs: $(VENV)/.dev ## Write the generated reference pages afresh
	@$(PY) tests/reference_pages.py

clean: ## Remove the environment; data in var/ stays
	@rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
