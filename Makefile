# Everything that must hold before a change is merged: "make check". The pattern
# "work" means every package of every module of the workspace (go.work).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
BIN := $(CURDIR)/.bin
LINT := $(BIN)/golangci-lint
GREMLINS := $(BIN)/gremlins
GOVULNCHECK := $(BIN)/govulncheck

# Continuous integration sets CI and fuzzes for longer.
FUZZTIME ?= $(if $(CI),30s,3s)

.NOTPARALLEL:
.PHONY: help check test vet format format-check lint race tidy fix generate generated imports fuzz examples bench coverage mutation vuln clean

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

check: test vet generated imports tidy format-check lint fix race examples fuzz ## All of the checks, exactly what .ci/run runs
	@echo "make check: everything passed"

test: ## Run the tests of all modules
	$(GO) test work

vet: ## Build everything and run go vet
	$(GO) vet work

format: $(LINT) ## Rewrite all files with gofumpt and gci
	$(LINT) fmt

format-check: $(LINT) ## Fail if a file is not formatted
	$(LINT) fmt --diff

lint: $(LINT) ## Run golangci-lint over all modules
	$(LINT) run $$($(GO) list -m -f '{{.Dir}}/...')

# What a browser does takes minutes, and "make test" has run it. Continuous
# integration leaves out programs, generators and SQLite, of store/sqlstore: to
# compile them once more takes longer than all the rest.
RACE = $(if $(CI),$$($(GO) list work | grep -vE '/wecom/(bench|cmd|examples|internal/archtest|internal/gen|store/sqlstore)(/|$$)'),work)

race: ## Run the tests under the race detector, in random order
	$(GO) test -race -shuffle=on -skip '^TestBrowser|InTheBrowser$$' $(if $(CI),-v) $(RACE)
	$(if $(CI),$(GO) test -race -tags nosqlite -run 'PostgreSQL|Pain' -v ./store/sqlstore)

tidy: ## Fail if a go.mod or go.sum is not tidy
	@for dir in $$($(GO) list -m -f '{{.Dir}}') $(CURDIR)/internal/tools; do \
		echo "go mod tidy -diff in .$${dir#$(CURDIR)}"; \
		GOWORK=off $(GO) -C "$$dir" mod tidy -diff; \
	done

fix: ## Fail if go fix has something to modernise
	$(GO) fix -diff work

generate: ## Write the generated files again
	$(GO) generate work

generated: ## Fail if a generated file is not current
	$(GO) test -run 'IsCurrent$$' ./internal/gen/...

imports: ## Fail if a package imports what stands above it
	$(GO) test ./internal/archtest

fuzz: ## Run each fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)

examples: ## Run the examples that need no server
	$(GO) run ./examples/quickstart

bench: ## Run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem work

coverage: ## Print the coverage of each package; fail below the floors
	.ci/coverage

mutation: $(GREMLINS) ## Change operators one at a time: which changes does no test notice? An hour
	.ci/mutation

vuln: $(GOVULNCHECK) ## Look for known vulnerabilities; needs the internet, so not a part of check
	@echo "govulncheck fetches the Go vulnerability database: without the internet this fails"
	$(GOVULNCHECK) $$($(GO) list -m -f '{{.Dir}}/...')

clean: ## Remove the tools and what the tests left
	rm -rf $(BIN) coverage.out

# The tools have a module of their own, outside the workspace, so that what they
# need never reaches a user's go.mod.
$(LINT) $(GREMLINS) $(GOVULNCHECK): internal/tools/go.mod internal/tools/go.sum
	@echo "building $(@F) into .bin; the linter takes some minutes the first time"
	GOWORK=off GOBIN=$(BIN) $(GO) -C internal/tools install $$(GOWORK=off $(GO) -C internal/tools list tool | grep '/$(@F)$$')
	@touch $@
