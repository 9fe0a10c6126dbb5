# Every task of the project. `make` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo up test equality check format generate contract bench soak chaos mutants clean

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/services ## Send a sample image through the whole mesh; leaves demo-out/
	@$(BIN)/python -m radmesh.demo

up: $(VENV)/services ## Start the mesh on this machine, until Ctrl-C
	@$(BIN)/radmesh up

test: $(VENV)/development ## Run every test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

equality: $(VENV)/development ## Compare masks with the stock nnUNetv2_predict, for models of every kind; some 15 minutes
	@$(BIN)/python -m pytest -m equality tests/equality

check: $(VENV)/development ## Lint, types, contract, generated code, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy radmesh services tools training bench tests
	$(BIN)/buf lint
	$(BIN)/buf breaking --against contract/released.binpb
	$(BIN)/python -m tools.generate_stubs --check
	$(BIN)/python -m tools.describe_settings --check
	$(BIN)/python -m tools.describe_metrics --check
	$(BIN)/python -m pytest tests/test_layers.py

format: $(VENV)/development ## Format the code and sort its imports
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: $(VENV)/development ## Generate the stubs, the pages of settings and metrics and the Lua prelude
	$(BIN)/python -m tools.generate_stubs
	$(BIN)/python -m tools.describe_settings
	$(BIN)/python -m tools.describe_metrics
	$(BIN)/python -m services.tasks.prelude

contract: $(VENV)/development ## Take the protos as they are for the released contract
	$(BIN)/buf build --output contract/released.binpb

bench: $(VENV)/bench ## Measure; prints figures and ratios
	@$(BIN)/python -m bench

soak: $(VENV)/development ## Work a mesh for an hour and print how its memory grows
	@$(BIN)/python -m bench.soak

chaos: $(VENV)/development ## Break a running mesh at random and check every promise; SECONDS=60 SEED=
	@$(BIN)/python -m tests.chaos --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))

mutants: $(VENV)/development ## Put one defect after another into the code and see chaos tell of each; ONLY=
	@$(BIN)/python -m tests.chaos.mutants $(if $(ONLY),--only "$(ONLY)")

clean: ## Delete the virtual environment and what the demo left
	rm -rf $(VENV) demo-out

# torch first and by its exact version: a range may choose a build with gigabytes of CUDA libraries.
$(VENV)/services: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Radmesh needs Python 3.11 or newer, and $(PYTHON) is not; name another: make demo PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two)"
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv"; exit 1; }
	@$(PIP) "$$(grep '^torch==' constraints.txt)"
	@$(PIP) --editable '.[services]'
	@touch $@

$(VENV)/development: $(VENV)/services
	@$(PIP) --editable '.[services,dev,training]'
	@touch $@

$(VENV)/bench: $(VENV)/development
	@$(PIP) --editable '.[services,dev,training,bench]'
	@touch $@
