# Everything runs in .venv, which `make setup` makes; the other targets call it first.
# Written for GNU make 3.81, which is what macOS has.
#
# On the command line of any target:
#   PYTHON=python3.13  the Python to use; a .venv of another minor version is made anew
#   VENV=.venv-3.13    another folder for it, so that each Python can keep its own
#   FILES="a.py b.py"  what `make mutants` mutates instead of its sample
#   REPORT=folder      where test suites write what they ran, as JUnit files named like the target

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NEWEST := $(VENV)-newest
PYTHONS = $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
# What a process compiles is kept for those after it: the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
# More than the two cores that CI has: many tests wait for a server or for a process.
WORKERS := 4
PYTEST = $(BIN)/pytest $(if $(REPORT),--junitxml=$(REPORT)/$@.xml)
AT_ONCE := -n $(WORKERS)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv --quiet pip
COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup memcached chromium java up demo demo-migration demo-cron test test-all mutants e2e system life newest check proofs bench zipapp lock lock-check clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: memcached $(INSTALLED) ## Make .venv with everything that is needed; quick when it is there

up: setup ## Run everything with a world to try it on, until Ctrl-C; prints one address
	@$(BIN)/crossfade local up

demo: setup ## Tell the whole story of a release on an embedded stack
	@$(BIN)/crossfade local demo

demo-migration: setup ## Ramp one service to its new platform, and have another taken back
	@$(BIN)/crossfade local demo-migration

demo-cron: setup ## Run cron jobs on two platforms and move them, in real time: five minutes
	@$(BIN)/crossfade local demo-cron

test: setup ## Run the tests
	@$(PYTEST) $(AT_ONCE) -m 'not slow and not browser and not system'

test-all: setup ## Run the tests, the long ones too
	@$(PYTEST) $(AT_ONCE) -m 'not browser and not system' --hypothesis-profile search

mutants: setup ## Mutate a sample of the modules, or FILES=...: each mutant must fail a test
	@$(BIN)/python .ci/mutants.py $(FILES)

e2e: setup chromium ## Use the promoted site and the Prefect UI in a browser
	@$(PYTEST) -m browser

system: setup ## Run the whole machine once: each schedule fires, runs crash; five minutes
	@$(PYTEST) -m system tests/system

life: setup ## Live at random on a real S3 server, many hands at once; SEED=n MINUTES=m
	@$(BIN)/python -m tests.life.life --seed $(or $(SEED),1) --minutes $(or $(MINUTES),2)

newest: setup ## The same with the newest releases that pyproject.toml allows
	@$(BIN)/uv --quiet venv --clear --python $(BIN)/python $(NEWEST)
	@$(BIN)/uv --quiet pip compile pyproject.toml --extra local --group dev --python $(NEWEST) \
	  --no-header --no-annotate --no-emit-index-url --output-file $(NEWEST)/newest.txt >/dev/null
	@echo "what is newer than in the lock:"
	@grep -oE '^[^ #;]+==[^ ;]+' requirements/dev.txt | grep -vxFf - $(NEWEST)/newest.txt || echo nothing
	@VIRTUAL_ENV=$(NEWEST) $(BIN)/uv --quiet pip sync $(NEWEST)/newest.txt
	@VIRTUAL_ENV=$(NEWEST) $(BIN)/uv --quiet pip install --no-deps --no-build-isolation --editable .
	@$(NEWEST)/bin/pytest -m system tests/system

check: setup ## Lint, formatting, types and layers: what CI checks before the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/mypy .ci/total.py .ci/mutants.py requirements/complete.py proofs/check.py
	@$(BIN)/lint-imports

proofs: setup java ## Check the models of the lease and the claim with TLC, two minutes
	@$(BIN)/python proofs/check.py

bench: setup ## Measure against other tools, which get a .venv-bench of their own
	@$(BIN)/python -m benchmarks.status
	@$(BIN)/python -m benchmarks.releases
	@$(BIN)/python -m benchmarks.cron_wrapper

zipapp: setup ## Build the cron wrapper as one file, dist/crossfade-cron, for hosts without it
	@mkdir -p dist
	@$(BIN)/python -m crossfade.cronrun.zipapp dist/crossfade-cron
	@dist/crossfade-cron --help >/dev/null
	@ls -l dist/crossfade-cron

lock: setup ## Resolve the lock anew; UPGRADE=1 takes newer releases
	@cp $(BIN)/uv $(VENV)/lock-uv
	@$(VENV)/lock-uv pip compile pyproject.toml --extra local --group dev $(COMPILE) \
	  $(if $(UPGRADE),--upgrade) --output-file requirements/dev.txt
	@echo uv | $(VENV)/lock-uv pip compile - --constraint requirements/dev.txt $(COMPILE) \
	  --output-file requirements/uv.txt
	@rm $(VENV)/lock-uv
	@$(MAKE) --no-print-directory setup lock-check

lock-check: setup ## Prove that the lock leaves no choice to a later day, on any Python or system
	@for version in 3.11 3.12 3.13 3.14; do for system in linux macos; do \
	  $(BIN)/uv pip compile requirements/dev.txt --python-version $$version \
	    --python-platform $$system --no-header --no-annotate --no-emit-index-url --quiet | \
	  $(BIN)/python requirements/complete.py $$version $$system || exit 1; \
	done; done

clean: ## Remove .venv, caches and build output
	@rm -rf $(VENV) $(VENV)-bench $(NEWEST) .local .mutants .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .reports dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The lock alone decides: nothing here resolves, so a release of tomorrow changes nothing.
$(INSTALLED): requirements/dev.txt requirements/uv.txt pyproject.toml | $(BIN)/python
	@echo "installing requirements/dev.txt into $(VENV)"
	@$(PIP) install --quiet --no-deps --require-hashes --requirement requirements/uv.txt
	@$(UV) sync --compile-bytecode --require-hashes requirements/dev.txt
	@$(UV) install --no-deps --no-build-isolation --editable .
	@$(UV) check
	@touch $@

# Where PYTHON is named, an environment of another minor version gives way to one of its own.
minor = $(shell $(1) -c 'import sys; print(sys.version_info[:2])' 2>/dev/null)
ifneq ($(PYTHON),)
ifneq ($(call minor,$(PYTHON)),$(call minor,$(BIN)/python))
.PHONY: $(BIN)/python $(INSTALLED)
endif
endif

$(BIN)/python:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    found=$$python; break; \
	  fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "crossfade needs Python 3.11 or newer and this is none: $(PYTHONS);" \
	    "install it, or name it with make setup PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip' 2>/dev/null; then $(call install,python3-venv,python); fi; \
	echo "making $(VENV) with $$found"; \
	rm -rf $(VENV); \
	$$found -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

memcached chromium:
	@command -v $@ >/dev/null 2>&1 || { $(call install,$@,$@); }

# macOS has a `java` that only says where to get one.
java:
	@java -version >/dev/null 2>&1 || { $(call install,default-jre-headless,openjdk); }

# Installs a package of the system; stops with one sentence where that is not possible.
# $(1) is its name in Debian, $(2) in Homebrew.
install = \
  if [ "$$(id -u)" = 0 ]; then as_root=; else as_root='sudo -n'; fi; \
  if command -v apt-get >/dev/null 2>&1 && $$as_root true 2>/dev/null; then \
    echo "installing $(1) with apt-get"; \
    $$as_root apt-get -qq update </dev/null && \
    $$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
      -o DPkg::Lock::Timeout=120 install $(1) </dev/null >/dev/null; \
  elif command -v brew >/dev/null 2>&1; then \
    echo "installing $(2) with Homebrew"; \
    brew install --quiet $(2) </dev/null; \
  else \
    false; \
  fi || { \
    echo "crossfade needs $(1) and it could not be installed:" \
      "install it with the system's package manager, then try again" >&2; \
    exit 1; \
  }
