# Two commands are all a newcomer needs: `make start` and `make test`.

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get

.PHONY: start test format pictures browser consumers

start: .venv/installed
	@echo
	@echo "Flywheel starts at http://127.0.0.1:$(PORT) - stop it with Ctrl+C."
	@exec $(BIN)/python -m streamlit run dashboard.py --server.port $(PORT)

# The closing line of pytest stays the last line of this command.
test: .venv/installed browser
	@$(MAKE) --no-print-directory --jobs=4 consumers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/pytest

format: .venv/installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# The screenshots of the README, from the running app.
pictures: .venv/installed browser
	@$(BIN)/python -m tests.screenshots

# The tools that exported files are for: only the tests need them, so each set has its own place.
consumers: $(patsubst %,.venv/consumers/%/installed,tools deepeval trl promptfoo promptfoo/node_modules)

.venv/consumers/%/installed: tests/consumers/%.txt | .venv/installed
	@echo "Installing $< for the tests of exports (a minute or two the first time) ..."
	@$(PYTHON) -m venv .venv/consumers/$*
	@.venv/consumers/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-compile -r $<
	@touch $@

# The database within promptfoo is an optional part of it, named after the system.
SYSTEM := process.platform + "-" + process.arch + (process.platform === "linux" ? "-gnu" : "")
.venv/consumers/promptfoo/node_modules/installed: tests/consumers/promptfoo/package.json \
  tests/consumers/promptfoo/.npmrc .venv/consumers/promptfoo/installed
	@echo "Installing promptfoo (about 300 MB, a minute the first time) ..."
	@cp tests/consumers/promptfoo/package.json tests/consumers/promptfoo/.npmrc .venv/consumers/promptfoo
	@cd .venv/consumers/promptfoo && NODE_OPTIONS=--use-system-ca bin/npm install --loglevel=error --no-save --cache=cache \
	  "$$(bin/node -p '`@libsql/$${$(SYSTEM)}@$${require("./package.json").dependencies.libsql}`')"
	@rm -rf .venv/consumers/promptfoo/cache
	@touch $@

# The environment is made once, and brought up to date when requirements.txt changes.
.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Flywheel needs Python 3.11 or newer: make start PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory venv-module
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing requirements (about 1.4 GB, a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# Debian ships Python without the part that makes environments.
.PHONY: venv-module
venv-module:
	@command -v apt-get >/dev/null \
	  || { echo "This Python cannot make virtual environments: install its venv module."; exit 1; }
	@echo "Installing python3-venv ..."
	@$(APT) update -qq && $(APT) install -qq -y --no-install-recommends python3-venv >/dev/null

# The tests of the screen need a browser.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  command -v apt-get >/dev/null || { echo "The tests need chromium on PATH."; exit 1; }; \
	  echo "Installing chromium ..."; $(APT) update -qq && \
	  $(APT) install -qq -y --no-install-recommends chromium fonts-noto-color-emoji >/dev/null; }
