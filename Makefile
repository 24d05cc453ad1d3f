# `make help` lists the targets. PORT, DATABASE_URL, REDIS_URL, VAR_DIR and PYTHON are read from the environment.
SHELL := /bin/sh
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help clients demo demo-data train serve worker beat down reset test test-accessibility ci bench-import bench-ledger bench-quality lint typecheck format messages lock setup setup-dev

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup ## everything: install, load real data, train, serve (PORT=8000)
	@exec $(PY) -m couponsite.demo

demo-data: setup ## load the demo's data only
	@exec $(PY) -m couponsite.demo demo-data

train: setup ## train again and compute everybody's recommendations
	@exec $(PY) -m couponsite.demo train

serve: setup ## the web process alone
	@exec $(PY) -m couponsite.demo serve

worker: setup ## the Celery workers alone
	@exec $(PY) -m couponsite.demo worker

beat: setup ## the scheduler alone
	@exec $(PY) -m couponsite.demo beat

down: setup ## stop a running demo and the embedded servers
	@exec $(PY) -m couponsite.demo down

reset: setup ## delete everything under var/: database, models, login
	@exec $(PY) -m couponsite.demo reset

# three processes on two cores: a third of the time is waiting for servers, browsers and workers of the tests
test: setup-dev ## all tests, browser tests where a Chromium is found
	@exec $(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 2 $(PYTEST_ARGS)

test-accessibility: setup-dev ## axe over every page of the admin (make test asks one of each kind); takes minutes
	@exec $(PY) -m pytest -m accessibility $(PYTEST_ARGS)

ci: setup-dev lint typecheck ## what CI checks before the tests
	@$(PY) -m couponsite.embedded start
	@$(PY) manage.py makemigrations --check --dry-run
	@$(PY) -m pytest -q tests/test_architecture.py

bench-import: setup-dev ## how fast the demo's 1.47 M basket lines come in; var/bench/import_speed.json
	@$(PY) -m couponsite.embedded start
	@exec $(PY) -m benchmarks.import_speed

bench-ledger: setup-dev ## redemptions a second, over-redemptions, evaluate, codes; var/bench/ledger.json
	@$(PY) -m couponsite.embedded start
	@exec $(PY) -m benchmarks.ledger $(BENCH_ARGS)

.PHONY: bench-serving
bench-serving: setup-dev ## reads, events and redemptions over HTTP at 1 to 64 connections, beside bare views; var/bench/serving.json
	@$(PY) -m couponsite.embedded start
	@exec $(PY) -m benchmarks.serving $(BENCH_ARGS)

bench-quality: setup-dev ## the recommender beside its parts and its peers, SYSTEMS=stack,lightgbm limits; var/bench/quality/
	@exec $(PY) -m benchmarks.quality $(BENCH_ARGS)

.PHONY: bench-decisions
bench-decisions: setup-dev ## uplift, allocation, off-policy estimates, profit, each beside its target; var/bench/decisions.json
	@exec $(PY) -m benchmarks.decisions $(BENCH_ARGS)

.PHONY: pictures
pictures: setup-dev ## the README's pictures anew, from a running demo (or PICTURES="every coupon": pages into var/pictures)
	@exec $(PY) -m tests.browser.pictures $(PICTURES)

clients: setup-dev ## make the typed clients anew from the OpenAPI document (the TypeScript one needs Node)
	@exec $(PY) -m clients.generate

lint: setup-dev ## ruff
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

typecheck: setup-dev ## mypy --strict
	@$(PY) -m mypy --strict .

format: setup-dev ## let ruff rewrite the code
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

messages: setup-dev ## collect the strings for people and compile their translations
	@exec $(PY) -m couponsite.messages

lock: setup-dev ## renew the hash locks after a change in requirements*.txt
	@.venv/bin/uv pip compile $(LOCK) requirements.txt -o requirements.lock
	@.venv/bin/uv pip compile $(LOCK) -c requirements.lock requirements-dev.txt -o requirements-dev.lock

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock'

setup:
	@bin/setup

setup-dev:
	@bin/setup dev
