# `make plan` and `make test` do everything on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
.PHONY: setup plan run test checked prepared lint types soak bench lock web clean

setup: $(STAMP)

$(STAMP): requirements/bootstrap.lock.txt requirements/dev.lock.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Colonnade needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock.txt
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/bootstrap.lock.txt requirements/dev.lock.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $(STAMP)

plan: setup ## the main job, on the bundled case
	$(BIN)/colonnade plan examples/acne-scar-cheek.toml --out out/

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

run: setup ## the workstation in the browser, with a synthetic clinic
	$(BIN)/colonnade serve --demonstration --data out/demonstration

test: setup ## everything that must hold
	$(MAKE) --no-print-directory -j 2 checked prepared
	# three for two cores: browser tests wait for their servers a third of the time
	$(BIN)/pytest -m "not soak" -n $$((($$(nproc) * 3 + 1) / 2)) --dist loadfile

checked: lint types

prepared: setup
	scripts/debian-packages
	npm ci --silent --prefix tests/fhir
	npm ci --silent --prefix web
	$(BIN)/python -m compileall -q src tests # where Python may not write its caches, every process would compile them again
	$(BIN)/colonnade selfcheck >/dev/null # compiles the kernels once, for all the processes of the tests

soak: setup ## long runs, whose figures are quoted with this command
	$(BIN)/pytest -m soak

bench: setup
	$(BIN)/python benchmarks/run.py

lock: setup ## renew the hash-pinned requirement files
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url requirements/bootstrap.in -o requirements/bootstrap.lock.txt
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --all-extras --group dev pyproject.toml -o requirements/dev.lock.txt

web: ## rebuild the bundled TypeScript, which is committed
	npm ci --silent --prefix web
	npm run --silent --prefix web build

clean:
	rm -rf $(VENV) out
