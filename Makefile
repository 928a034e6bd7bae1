# make up and make test prepare all they need by themselves; nothing else has to be typed first.
PYTHON ?= python3
VENV := .venv
DOCS_VENV := .venv-docs
DIST_VENV := .venv-dist
BIN := $(VENV)/bin

# The tests start thousands of Python processes, which share the compiled modules.
unexport PYTHONDONTWRITEBYTECODE

PYTEST := $(BIN)/python -m pytest --numprocesses auto
# Arguments for pytest: make unit ARGS="-k drift"
ARGS ?=

.PHONY: help up preview refresh destroy down env check generate format engine keycloak kubernetes sdks yaml-host conformance bench bench-quick \
	unit test test-rest test-all test-sdk-range clean

help:
	@echo "make up        the estate on this machine: engine, emulator, pulumi up"
	@echo "make preview | refresh | destroy | down | env"
	@echo "make unit      fast tests         make test      and those that prove each promise on an engine"
	@echo "make test-all  all tests          make test-sdk-range    selected tests on other SDKs and Pythons"
	@echo "make check     format, types, imports, generated files, links"
	@echo "make generate  classes and docs   make engine    a Pulumi engine; prints its folder last"
	@echo "make dist      wheel, sdist, SDKs, SBOM and checksums of a release, in dist/"
	@echo "make sdks      the SDKs for Node, Go and Python, in build/sdks/"
	@echo "make yaml-host Pulumi's language host for YAML; prints its folder last"
	@echo "make docs      the site of docs/, strict and with checked links"
	@echo "make keycloak | conformance    what the tests need of Keycloak and of the vendor's SDK"
	@echo "make kubernetes                Pulumi's plugin for Kubernetes, which only make test-all needs"
	@echo "make bench     speed and scale, 40 minutes     make bench-quick    the same in minutes"

# The development environment: the pinned requirements and the package itself, editable.
$(VENV)/.ready: requirements-dev.txt pyproject.toml
	@echo "Preparing the Python environment in $(VENV) (a minute or two on a new machine) ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

up preview refresh destroy down env: $(VENV)/.ready
	@$(BIN)/python scripts/local.py $@

engine:
	@$(PYTHON) tools/engine/build.py

# They need Go, and the SDK for Node needs npm.
sdks:
	@$(PYTHON) tools/sdks/generate.py

yaml-host:
	@$(PYTHON) tools/yaml_host/install.py

keycloak:
	@$(PYTHON) tools/keycloak/fetch.py

kubernetes:
	@$(PYTHON) tools/kubernetes/build.py

# The vendor's SDK in an environment of its own, and the tests that have it and this package work on one instance.
conformance: $(VENV)/.ready
	@$(PYTHON) tools/vendor_sdk/fetch.py > /dev/null
	@$(BIN)/python -m pytest tests/conformance $(ARGS)

generate: $(VENV)/.ready
	@$(BIN)/python scripts/generate.py

format: $(VENV)/.ready
	@$(BIN)/ruff check --quiet --fix . && $(BIN)/ruff format --quiet .

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate.py --check
	$(BIN)/python scripts/check_links.py
	$(BIN)/python scripts/check_wording.py

# Tests, from fast to complete. Markers are explained in CONTRIBUTING.md. Downloads and builds run first, where their
# progress is visible.

# No engine, Java or vendor SDK.
unit: $(VENV)/.ready
	$(PYTEST) -m "not slow" --hypothesis-profile quick tests/unit tests/contract $(ARGS)

test: $(VENV)/.ready
	@$(PYTHON) tools/engine/build.py > /dev/null
	$(PYTEST) -m "not slow" $(ARGS)

# What `make test` leaves out, without the tests for whose plugin a compiler needs eight minutes. Without Java the tests
# with a real Keycloak are skipped, except in CI.
test-rest: $(VENV)/.ready slow-parts
	$(PYTEST) -m "slow and not kubernetes" $(ARGS)

test-all: $(VENV)/.ready slow-parts kubernetes
	$(PYTEST) $(ARGS)
	@$(PYTHON) tools/engine/sdk_range.py $(ARGS)

.PHONY: slow-parts
slow-parts: $(DIST_VENV)/.ready $(DOCS_VENV)/.ready
	@$(PYTHON) tools/engine/build.py > /dev/null
	@$(PYTHON) tools/keycloak/fetch.py > /dev/null || test "$$CI" != true
	@$(PYTHON) tools/vendor_sdk/fetch.py > /dev/null
	@$(PYTHON) tools/yaml_host/install.py > /dev/null
	@$(PYTHON) tools/sdks/generate.py > /dev/null

# The environments use this checkout, and the metadata that its own environment created in it.
test-sdk-range: $(VENV)/.ready
	@$(PYTHON) tools/engine/build.py > /dev/null
	@$(PYTHON) tools/engine/sdk_range.py $(ARGS)

# Both write docs/performance.md, which says which of them did.
bench: $(VENV)/.ready
	@$(PYTHON) tools/engine/build.py > /dev/null
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks

bench-quick: $(VENV)/.ready
	@$(PYTHON) tools/engine/build.py > /dev/null
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks --quick

clean:
	rm -rf $(VENV) $(DOCS_VENV) $(DIST_VENV) build dist .local .mypy_cache .ruff_cache .pytest_cache

# The site of docs/. It has an environment of its own, apart from that of development.
SITE := build/site

$(DOCS_VENV)/.ready: requirements-docs.txt
	@echo "Preparing the environment of the site in $(DOCS_VENV) ..." >&2
	@test -x $(DOCS_VENV)/bin/python || $(PYTHON) -m venv $(DOCS_VENV)
	@$(DOCS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-docs.txt
	@touch $@

.PHONY: docs
docs: $(DOCS_VENV)/.ready
	@NO_MKDOCS_2_WARNING=1 $(DOCS_VENV)/bin/python -m mkdocs build --clean
	@echo "The site is built. Open $(CURDIR)/$(SITE)/index.html in a browser; it needs no server."

# The files of a release. `make dist ARGS="--tag v0.1.0"` also checks the tag and the changelog.

$(DIST_VENV)/.ready: requirements-dist.txt
	@echo "Preparing the environment of make dist in $(DIST_VENV) ..." >&2
	@test -x $(DIST_VENV)/bin/python || $(PYTHON) -m venv $(DIST_VENV)
	@$(DIST_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dist.txt
	@touch $@

.PHONY: dist test-dist
# The files in dist/, in a clean environment. Without them `make test-all` builds its own.
test-dist: $(VENV)/.ready
	DIST=dist $(BIN)/python -m pytest tests/release

dist: $(DIST_VENV)/.ready
	@$(DIST_VENV)/bin/python tools/dist.py $(ARGS)
