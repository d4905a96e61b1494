# Limen.  `make` prints what can be made; each target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
RUN_PACKAGES := libgl1 libglib2.0-0 libegl1 libgles2 libseccomp2
TEST_PACKAGES := chromium fonts-dejavu-core libatomic1 python3-gi gir1.2-gst-rtsp-server-1.0 gcc libc6-dev gcc-avr avr-libc libsimavr-dev spin postgresql

.PHONY: help run test check bench firmware model safety service soak mutants protos models portraits lock clean
help:
	@echo 'make run            play the rehearsal, then stay up on its pages (ONCE=1: play it and stop)'
	@echo 'make test           every test'
	@echo 'make check          format, lint, types, room contracts, generated code, unit and contract tests'
	@echo 'make bench          figures as ratios against the bare cost, into var/bench.json'
	@echo 'make firmware       build the gate controller for its chip, into var/firmware'
	@echo 'make model          search every state of the gate line with Spin, and its seeded mutants'
	@echo 'make safety         every figure of the gate: replay, fuzz, kills, heartbeat, door faults'
	@echo 'make service        every figure of the service: races, crashes, fail-over, access, audit, purge (QUICK=1)'
	@echo 'make soak           a million random steps of host, line and controller; a day of 60,000 travellers'
	@echo 'make mutants        change the controller one place at a time: the tests must notice'
	@echo 'make protos         generate the Python of protos/'
	@echo 'make models         take the models out of their packages, verify every byte'
	@echo 'make clean          remove what was made here'

run: portraits
	$(BIN)/python -m calibration.rehearsal $(if $(ONCE),--once)

test: check portraits
	$(BIN)/python -m pytest -n 2 tests/replay tests/safety $(PYTEST)
	$(BIN)/python -m pytest tests/integration tests/system $(PYTEST)

check: .venv/dev.done portraits
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python protos/generate.py --check
	$(BIN)/python -m hardware.gate.firmware.generate --check
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 tests/unit tests/contract

bench: portraits
	$(BIN)/python -m calibration.bench

firmware: .venv/dev.done
	$(BIN)/python -m hardware.gate.firmware.build

model: .venv/dev.done
	$(BIN)/python -m hardware.gate.spin.check

safety: .venv/dev.done
	$(BIN)/python -m calibration.gate.safety figures $(if $(QUICK),--quick)

soak: .venv/dev.done
	$(BIN)/python -m calibration.gate.safety soak --steps 1000000
	$(BIN)/python -m calibration.service.day

service: .venv/dev.done portraits
	$(BIN)/python -m calibration.service $(if $(QUICK),--quick)

mutants: .venv/dev.done
	$(BIN)/python -m hardware.gate.mutants coverage
	$(BIN)/python -m hardware.gate.mutants controller.c leaf.c line.c session.c supervision.c memory.c frames.c rc.c passage.c

protos: .venv/dev.done
	$(BIN)/python protos/generate.py

models: .venv/run.done
	@$(BIN)/limen-gate models

portraits: models
	@$(BIN)/python -m calibration.rehearsal --setup

# The lock files leave out opencv-contrib-python, which mediapipe asks for: it owns the same `cv2` as opencv-python.
lock: .venv/dev.done
	$(BIN)/uv pip compile -q pyproject.toml --python-version 3.11 --override deploy/override.txt --generate-hashes --no-header -o deploy/run.lock
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --python-version 3.11 --override deploy/override.txt --generate-hashes --no-header -o deploy/dev.lock

clean:
	rm -rf .venv var build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/run.done: deploy/run.lock pyproject.toml | .venv/system-run.done
	deploy/venv.sh $(PYTHON) deploy/run.lock
	@touch $@

.venv/dev.done: deploy/dev.lock pyproject.toml .venv/run.done | .venv/system-test.done
	deploy/venv.sh $(PYTHON) deploy/dev.lock
	@touch $@

.venv/system-run.done:
	deploy/packages.sh $(RUN_PACKAGES)
	@mkdir -p .venv && touch $@

.venv/system-test.done:
	deploy/packages.sh $(TEST_PACKAGES)
	@mkdir -p .venv && touch $@
