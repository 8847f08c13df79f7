# Everything a person or a machine needs: each target sets up what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

NODE_READY := client-vscode/node_modules/.ready

.PHONY: demo test check test-editors test-engines test-llama bench format docs clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    the main job on real files (no key and no network needed)"
	@echo "make test    all tests"
	@echo "make check   formatting, lint, types, layering, generated files; the extension's own checks"
	@echo "make test-editors  the same story in the real editors, which it installs"
	@echo "make test-engines  rename with the languages' own servers, which it installs"
	@echo "make test-llama  the wires of a real llama.cpp server, which it installs"
	@echo "make bench   speed and quality, as tables; recorded in benchmarks/RESULTS.md"
	@echo "make format  format and sort the sources"
	@echo "make docs    regenerate what is generated from the settings"

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -q server
	@touch $@

demo: $(READY)
	@$(BIN)/tierwise demo

$(NODE_READY): client-vscode/package.json client-vscode/package-lock.json
	cd client-vscode && npm ci --no-audit --no-fund
	@touch $@

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --maxfail 20 --reruns 1 --hypothesis-profile ci

# Where an editor cannot be installed its story is skipped, or fails with TIERWISE_EDITORS=require.
test-editors: $(READY)
	tests/editors/install_terminal.sh || [ "$$TIERWISE_EDITORS" != require ]
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --reruns 2 tests/editors
	@if [ -x tests/editors/vscode/run.sh ]; then tests/editors/vscode/run.sh; fi

test-llama: $(READY)
	sh tests/wire/install_llama_server.sh
	TIERWISE_LLAMA=require $(BIN)/python -m pytest tests/wire/test_providers_llama_cpp.py tests/wire/test_simulator_llama_cpp.py

test-engines: $(READY)
	sh tests/engines/install.sh
	$(BIN)/python -m pytest tests/engines
	$(BIN)/python -m benchmarks.rename --aims --failures

check: $(READY) $(NODE_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.conventions.generated --check
	$(BIN)/python -m tests.conventions.extension_settings --check
	cd client-vscode && npm run check

bench: $(READY)
	$(BIN)/python -m benchmarks

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)
	$(BIN)/python -m tests.conventions.generated
	$(BIN)/python -m tests.conventions.extension_settings

clean:
	rm -rf $(VENV) dist build
