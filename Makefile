# Every target installs what it needs (scripts/setup.sh), says what it does, and is quick when there is nothing to do.
# Compilers and servers stay on two cores; GODWIT_JOBS changes that.
.PHONY: help demo release test test-long bench lint format clean
JOBS ?= $(or $(GODWIT_JOBS),$(shell nproc))
DIST := dist/godwit

help:
	@echo 'make demo       build, install to $(DIST), and run the journey of examples/lakehouse'
	@echo 'make release    build and install to $(DIST)'
	@echo 'make test       all checks and tests'
	@echo 'make test-long  the same, with fuzzing and the long campaigns'
	@echo 'make bench      the benchmarks'
	@echo 'make lint       clang-tidy over all files, and the format'
	@echo 'make format     write the format of all C++ files'
	@echo 'make clean      remove build/ and dist/ (what setup installed stays in .deps/)'

release:
	@scripts/setup.sh build
	@cmake --preset release --log-level=WARNING
	@cmake --build build/release --parallel $(JOBS)
	@cmake --install build/release --strip --prefix $(DIST) > build/release/install.log || { cat build/release/install.log; exit 1; }
	@echo 'installed: $(DIST)/bin/godwit'

demo: release
	@GODWIT=$(CURDIR)/$(DIST)/bin/godwit examples/lakehouse/demo.sh

test:
	@scripts/test.sh

test-long:
	@scripts/test.sh --long

bench:
	@scripts/bench.sh

lint:
	@scripts/setup.sh test lint
	@cmake --preset asan > /dev/null
	@scripts/checks/format.sh
	@scripts/checks/tidy.sh build/asan --all

format:
	@scripts/setup.sh lint
	@scripts/checks/format.sh --fix

clean:
	@rm -rf build dist
