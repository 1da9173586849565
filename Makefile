# Thin on purpose: each target is one command. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo test vendure check format replay soak bench screens lock clean

BIN := .venv/bin
WORKERS := $(shell nproc 2>/dev/null || echo 2)
# Kept bytecode: without it each process that a test starts compiles us and all packages anew, for seconds.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: ## A small living world in the browser. ONCE=1: one purchase, then stop. LAN=1: open to phones. DIR=path: where it keeps its data
	@scripts/setup demo
	@exec $(BIN)/changliao demo $(if $(ONCE),--once) $(if $(LAN),--lan) $(if $(DIR),--dir '$(DIR)') $(ARGS)

test: ## Every check and every test. ARGS="-k refund" goes to pytest
	@scripts/setup test
	@scripts/checks || failed=1; \
	echo '== tests'; $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS) && exit $${failed:-0}

vendure: ## Fetch Vendure from npm (160 MB) and run the tests of its shop, which `make test` skips without it
	@scripts/setup test
	@cmp -s requirements/npm-vendure/package-lock.json .venv/sdk/vendure-npm/package-lock.json || scripts/npm_sdk vendure .venv/sdk/vendure-npm
	@exec $(BIN)/python -m pytest tests/conformance/test_vendure $(ARGS)

check: ## Style, types and walls, without the tests
	@scripts/setup test
	@scripts/checks

format: ## Write the style that `make check` asks for
	@scripts/setup test
	@$(BIN)/ruff check --quiet --fix --exit-zero . && $(BIN)/ruff format .

replay: ## Replay real orders through payment, refund and settlement
	@scripts/setup test
	@exec $(BIN)/python -m benchmarks.replay $(ARGS)

soak: ## Keep a busy system running, kill it now and then, and audit every cent
	@scripts/setup test
	@exec $(BIN)/python -m benchmarks.soak $(ARGS)

bench: ## Print the figures that the README claims
	@scripts/setup test
	@exec $(BIN)/python -m benchmarks $(ARGS)

screens: ## Take pictures of every screen, both languages, phone and PC
	@scripts/setup test
	@exec $(BIN)/python -m tests.browser.screens $(ARGS)

lock: ## Resolve requirements/*.in anew. ARGS=--upgrade takes newer versions
	@scripts/setup test
	@scripts/lock $(ARGS)

clean: ## Remove what the other targets made: environment, caches, builds
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
