# Line of Sight. `make` alone lists what there is.
#
# One virtual environment, .venv, serves the demo and the tests. test.lock holds everything that
# product.lock holds, so a checkout prepared for the tests is left as it is by `make demo`.

SHELL := /bin/sh
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
PORT ?= 8000
LINEOFSIGHT_DATA ?= ./var
export PORT LINEOFSIGHT_DATA

BIN := .venv/bin
UV := $(BIN)/uv pip
PRODUCT := .venv/.ready-product
TEST := .venv/.ready-test
SCAN := build/scan/.ready
ADVISORIES := build/advisories/.ready
# Whoever asks a copy of the advisories of their own: make advisories OSV=--osv-url=https://…/v1/query
OSV ?=
CODE := src tests

# Python 3.11 or newer, newest first. PYTHON=... overrides it.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)

.PHONY: help
help: ## list what there is
	@echo "Line of Sight"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 | \2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo
	@echo "PORT (now $(PORT)) and LINEOFSIGHT_DATA (now $(LINEOFSIGHT_DATA)) are passed on."

.PHONY: demo
demo: $(PRODUCT) ## an invented partnership, ready to look at (RESET=1 starts it afresh)
	@$(BIN)/lineofsight demo $(if $(filter-out 0,$(RESET)),--reset)

.PHONY: serve
serve: $(PRODUCT) ## serve what is there
	@$(BIN)/lineofsight serve

.PHONY: test
test: check ## every check and every test
	@$(BIN)/python -m pytest -m alone
	@$(BIN)/python -m pytest -m "not alone" -n 2
	@if ! command -v chromium >/dev/null 2>&1; then \
		echo "Skipped: the browser tests, because Chromium is not installed. Run make browser, then make test."; fi

.PHONY: check
check: $(TEST) ## style, types, floors and migrations, without the tests
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lineofsight makemigrations --check --dry-run

.PHONY: scan
scan: $(SCAN) ## look for what endangers security in the source, without the network
	build/scan/bin/bandit -q -c pyproject.toml -r src
	PATH="$(CURDIR)/build/scan/bin:$$PATH" build/scan/bin/semgrep scan --test --metrics=off \
		--disable-version-check tests/house/rules
	PATH="$(CURDIR)/build/scan/bin:$$PATH" build/scan/bin/semgrep scan --config tests/house/rules/semgrep.yml \
		--metrics=off --disable-version-check --error --quiet src

# --strict: a package that could not be asked about fails the check as one with an advisory does.
.PHONY: advisories
advisories: $(ADVISORIES) ## ask the Open Source Vulnerabilities database about every locked package (needs the network)
	@for lock in product test; do \
		build/advisories/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
			--vulnerability-service osv $(OSV) --desc on --requirement requirements/$$lock.lock || exit 1; done

.PHONY: browser
browser: ## install Chromium for the browser tests (needs apt-get and root)
	apt-get update
	apt-get install -y --no-install-recommends chromium

.PHONY: lock
lock: $(TEST) ## choose the newest fitting versions and write requirements/*.lock
	$(UV) compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade \
		requirements/product.in -o requirements/product.lock
	$(UV) compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade \
		-c requirements/product.lock requirements/test.in -o requirements/test.lock
	$(UV) compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade \
		requirements/scan.in -o requirements/scan.lock
	$(UV) compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade \
		requirements/advisories.in -o requirements/advisories.lock
	$(UV) compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade \
		-c requirements/test.lock requirements/bench.in -o requirements/bench.lock

.PHONY: sbom
sbom: $(TEST) ## write the bill of materials (CycloneDX) of what product.lock brings
	$(BIN)/python requirements/bill.py

.PHONY: clean
clean: ## remove .venv and caches; the data folder stays
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# -- the virtual environment --------------------------------------------------------------------------

.venv/.uv-$(UV_VERSION):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Line of Sight needs Python 3.11 or newer with the venv module, and none was found." >&2; \
		echo "On Debian or Ubuntu: apt-get install python3 python3-venv. Or name one: make PYTHON=/path/to/python3.12 ..." >&2; \
		exit 1; fi
	@echo "Preparing .venv with $(PYTHON) (once; about a minute)"
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# A lock that changes makes its stamp old. Installing the larger lock also brings the smaller one up to date.
$(TEST): .venv/.uv-$(UV_VERSION) requirements/test.lock pyproject.toml
	@$(UV) sync --quiet --python $(BIN)/python --require-hashes requirements/test.lock
	@$(UV) install --quiet --python $(BIN)/python --no-deps -e .
	@touch $(PRODUCT) $@

# An environment of their own, so that what the scanners bring never meets what the product needs.
$(SCAN): .venv/.uv-$(UV_VERSION) requirements/scan.lock
	@echo "Preparing the scanners in build/scan (once)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/scan
	@$(UV) sync --quiet --python build/scan/bin/python --require-hashes requirements/scan.lock
	@touch $@

$(ADVISORIES): .venv/.uv-$(UV_VERSION) requirements/advisories.lock
	@echo "Preparing the check of advisories in build/advisories (once)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/advisories
	@$(UV) sync --quiet --python build/advisories/bin/python --require-hashes requirements/advisories.lock
	@touch $@

# No recursive make in this recipe: a line that names it runs even under `make -n`.
$(PRODUCT): .venv/.uv-$(UV_VERSION) requirements/product.lock pyproject.toml
	@lock=requirements/product.lock; if [ -e $(TEST) ]; then lock=requirements/test.lock; fi; \
	$(UV) sync --quiet --python $(BIN)/python --require-hashes $$lock
	@$(UV) install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@
