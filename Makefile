# Everything is done here, in the checkout: .venv (and .venv-pandas2 for the second resolution) hold the
# packages, nothing else is touched. It needs make and Python 3.11 to 3.14.

# $(call find,11,14): the first Python on the PATH from 3.11 to 3.14. To choose: make PYTHON=/path/to/python3 …
find = $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(not $(1) <= sys.version_info[1] <= $(2) or sys.version_info[0] != 3)' \
	>/dev/null 2>&1 && { echo $$p; break; }; done)

PYTHON ?= $(call find,11,14)
# numpy 1.26, the oldest allowed, is built for Python 3.11 and 3.12 only
OLDEST_PYTHON ?= $(call find,11,12)

BIN := .venv/bin
BIN2 := .venv-pandas2/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# The lower bounds of pyproject.toml, name==bound: what `make test-matrix` runs the tests with.
LOWEST = $(shell sed -n '/^dependencies = \[/,/^]/ s/^ *"\([a-z-]*\)>=\([0-9.]*\).*/\1==\2/p' pyproject.toml)

# The tests of a file share what they fit, so a file is not split. PARALLEL= runs them one after the other.
PARALLEL ?= -n auto --dist loadfile

# Long tests that kill processes: once, with the newest packages, is enough.
NO_KILLS = $(addsuffix /test_kills.py,$(addprefix --ignore=tests/integration/,collect migration registry scenarios))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-migration test check lint docs notebooks wheel test-matrix format bench constraints clean

help: ## say what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: .venv/.core ## forecast and write demo/report.html [DATA=file] [FORMAT=challenge|cpinfo]
	$(BIN)/evforecast demo --out demo $(if $(DATA),--data "$(DATA)") $(if $(FORMAT),--format $(FORMAT))

demo-migration: .venv/.demo ## move a simulated city from a PostgreSQL to DuckDB, a phase at a time
	$(BIN)/evforecast migrate --demo --out demo/migration

test: .venv/.dev ## run the tests; EVFORECAST_DATA=folder adds those on real data
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

check: lint docs test ## all that must hold before a change is proposed

lint: .venv/.dev ## style, types, layers, rules of the house
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/check_house.py

docs: .venv/.dev ## build the documentation into site/
	NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python tools/check_reference.py site

notebooks: .venv/.dev ## write the notebooks from their texts, and run them [ARGS=20_exploration]
	$(BIN)/python tools/notebooks.py --run $(ARGS)

wheel: .venv/.dev ## build the wheel and the source distribution, and try them in an empty environment
	$(BIN)/python tools/check_wheel.py dist

test-matrix: .venv-pandas2/.test ## run the tests with the oldest packages allowed (pandas 2)
	$(BIN2)/python -m pytest tests $(PARALLEL) -o cache_dir=.venv-pandas2/.pytest_cache $(if $(ARGS),$(ARGS),$(NO_KILLS))

format: .venv/.dev ## write the sources in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/.dev ## run every benchmark; results in build/bench/
	@mkdir -p build/bench
	@set -e; for script in benchmarks/[a-z]*.py; do \
		name=$$(basename $$script .py); echo "== $$name"; \
		$(BIN)/python $$script --json build/bench/$$name.json; done

# The stamps .core, .dev and .test stand for finished installations: when pyproject.toml or a constraints
# file changes, the next target that needs one installs again.
.venv/.core: pyproject.toml constraints.txt | .venv/.made
	@echo "Installing evforecast into .venv (the first time takes a minute or two) …"
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e .
	@touch $@

.venv/.demo: pyproject.toml constraints.txt | .venv/.made
	@echo "Installing evforecast and a PostgreSQL server into .venv (the first time takes a minute or two) …"
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e '.[demo]'
	@touch .venv/.core $@

.venv/.dev: pyproject.toml constraints.txt | .venv/.made
	@echo "Installing evforecast and its development tools into .venv (the first time takes a few minutes) …"
	@$(BIN)/python $(PIP_INSTALL) -c constraints.txt -e '.[dev]'
	@touch .venv/.core .venv/.demo $@

.venv-pandas2/.test: pyproject.toml constraints-pandas2.txt | .venv-pandas2/.made
	@echo "Installing evforecast with the oldest packages allowed into .venv-pandas2 …"
	@$(BIN2)/python $(PIP_INSTALL) -c constraints-pandas2.txt -e '.[test]'
	@touch $@

.venv/.made:
	$(call need,$(PYTHON),Python 3.11 to 3.14 was not found on the PATH. Install one or name it: make PYTHON=/path/to/python3 …)
	@$(PYTHON) -m venv --clear $(@D)
	@touch $@

.venv-pandas2/.made:
	$(call need,$(OLDEST_PYTHON),Python 3.11 or 3.12 was not found on the PATH. Install one or name it: make OLDEST_PYTHON=/path/to/python3 …)
	@$(OLDEST_PYTHON) -m venv --clear $(@D)
	@touch $@

# Both files are made with Python 3.11, the oldest allowed, so that every version in them has a build for it.
constraints: ## resolve the packages anew and write both constraints files (needs Python 3.11)
	$(call need,$(call find,11,11),Python 3.11 was not found on the PATH: the constraints are made with it)
	@$(call resolve,'.[dev]',constraints.txt,The versions that evforecast is developed and tested with: Python 3.11 and later.)
	@$(call resolve,'.[test]' $(LOWEST),constraints-pandas2.txt,The oldest packages that evforecast allows (pandas 2) and the rest as of today: Python 3.11 and 3.12.)

# $(call need,what must not be empty,what to say when it is)
need = $(if $(strip $(1)),,$(error $(2)))

# $(call resolve,what to install,file,what the file is)
define resolve
	set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	$(call find,11,11) -m venv "$$dir"; "$$dir/bin/python" $(PIP_INSTALL) $(1); \
	{ printf '# %s\n# Made by `make constraints` from a fresh environment; not edited by hand.\n' '$(3)'; \
	"$$dir/bin/python" -m pip freeze --exclude evforecast; } > "$$dir/made"; \
	cp "$$dir/made" $(2); echo "wrote $(2)"
endef

clean: ## remove what make made: environments, site, caches, demo
	rm -rf .venv .venv-pandas2 site build dist demo .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
