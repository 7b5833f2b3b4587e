# Two commands: `make quickstart` and `make test`. Both set everything up first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STORE ?= store
TEST_PROCESSES ?= 2

.PHONY: quickstart test setup clean

quickstart: $(VENV)/.ready
	$(BIN)/polyclinic run recipes/quickstart.yaml --store $(STORE)

test: $(VENV)/.tests-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 $(BIN)/pytest --numprocesses $(TEST_PROCESSES) --dist worksteal

setup: $(VENV)/.ready

# torch goes in first and alone, pinned: a range, or a package that pulls it in, brings gigabytes of CUDA wheels.
# The sources of the kernels are named since an editable install does not build them again by itself.
$(VENV)/.ready: pyproject.toml setup.py $(wildcard src/polyclinic/*/kernel/*.[ch]) \
		$(wildcard src/polyclinic/*/*/kernel/*.[ch])
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; give it with make PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

# Without its dependencies: xgrammar asks for triton, hundreds of megabytes that only a GPU uses.
$(VENV)/.tests-ready: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --editable ".[test,cluster]"
	$(BIN)/python -m pip install --quiet --no-deps "xgrammar>=0.2.8,<0.3" apache-tvm-ffi
	touch $@

clean:
	rm -rf $(VENV) build dist src/*.egg-info
