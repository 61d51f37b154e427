# The development commands of Pushforward. `make` alone lists them.
#
# Each command that needs libtorch, Arrow or Boost calls Scripts/setup.sh first, which returns at once when they are there.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where SwiftPM finds the flags for libtorch, Arrow and Boost. A shell of your own needs the same: see CONTRIBUTING.md.
export PKG_CONFIG_PATH := $(CURDIR)/.deps/pkgconfig$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))

# Further options for `swift build` and `swift test`, for example SWIFTFLAGS='--jobs 2'.
SWIFTFLAGS ?=
# Further options for `swift test` alone, for example TESTFLAGS='--filter TensorTests'.
TESTFLAGS ?=

formatted := $(wildcard Package.swift Sources Tests Tools Examples Benchmarks)

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## fetch libtorch, Arrow and Boost into .deps (LIBTORCH=folder: use that libtorch; TORCH_VERSION=2.11.0: another one)
	@Scripts/setup.sh

.PHONY: demo
demo: build ## train a flow on the bundled digits and draw new ones into runs/digits
	@Scripts/demo.sh

.PHONY: build
build: setup ## build the command line for use: .build/release/pushforward
	swift build --configuration release --product pushforward $(SWIFTFLAGS)

.PHONY: test
test: setup test-setup ## build everything and run every test
	swift build --build-tests $(SWIFTFLAGS)
	@# Tests run side by side: more threads inside each would wait for one another.
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} swift test --disable-xctest $(SWIFTFLAGS) $(TESTFLAGS)
	@Tests/Scripts/dependency-test.sh

.PHONY: test-setup
test-setup: ## test the scripts: set-up against made-up wheels, the runner of benchmarks; no network, some seconds
	@Tests/Scripts/setup-test.sh
	@Tests/Scripts/bench_test.py

.PHONY: lint
lint: setup ## check the formatting and that generated files are current
	swift format lint --strict --parallel --recursive $(formatted)
	swift run $(SWIFTFLAGS) generate-operations --check

.PHONY: format
format: ## format all Swift files
	swift format --in-place --parallel --recursive $(formatted)

.PHONY: generate
generate: setup ## write the generated files anew
	swift run $(SWIFTFLAGS) generate-operations

.PHONY: docs
docs: setup ## build the documentation of every library into .build/documentation/site
	@Scripts/docs.sh

.PHONY: bench
bench: setup ## measure speed and memory beside the peers, into Documentation/Benchmarks.md (NAME='flow-*': some; ROUNDS=9)
	@ROUNDS='$(ROUNDS)' Scripts/bench.sh $(foreach name,$(NAME),'$(name)')

.PHONY: study
study: setup ## compare the models with their peers on real data (NAME=images: one study; ARGS='--minutes 3': its options)
	@Scripts/study.sh $(NAME) $(ARGS)

.PHONY: clean
clean: ## delete what was built (.build) and the run of the demo (runs/digits)
	rm -rf .build runs/digits

.PHONY: distclean
distclean: clean ## delete the fetched libraries (.deps) as well
	rm -rf .deps
