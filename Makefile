# What a contributor runs. Each target sets up what it needs; go, bash and (for
# race and generate) a C compiler and protoc are to be there.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

# All packages of all modules of the workspace.
ALL := github.com/curlew-rpc/curlew/...
# Tests of attacks and faults, which take their time and have a target of their own.
HOSTILE := github.com/curlew-rpc/curlew/interop/(hostile|faults)
# The tools are a module of their own, outside of the workspace.
TOOLS := internal/tools
TESTSUM := bin/testsum
FUZZTIME ?= 30s
FUZZ ?= .
FUZZREST ?=
# The least coverage of internal/, in percent of its statements.
COVERAGE := 85
SOAKTIME ?= 2m
# What resilience is told: -short, -run and -stacks choose.
RESILIENCE ?=

.PHONY: help
help: ## say what the targets are
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' Makefile

bin/testsum bin/covercheck: $(wildcard $(TOOLS)/testsum/*.go $(TOOLS)/covercheck/*.go)
	@mkdir -p bin
	@GOWORK=off go build -C $(TOOLS) -o ../../bin/ ./testsum ./covercheck

bin/staticcheck bin/govulncheck: $(TOOLS)/go.mod $(TOOLS)/go.sum
	@mkdir -p bin
	@GOWORK=off go build -C $(TOOLS) -o ../../bin/ tool
	@touch bin/staticcheck bin/govulncheck

.PHONY: test
test: $(TESTSUM) ## run all tests but those of hostile and soak
	@{
		status=0
		GOWORK=off go test -C $(TOOLS) -json ./... || status=1
		go test -json $$(go list $(ALL) | grep -Ev '$(HOSTILE)') || status=1
		exit $$status
	} | $(TESTSUM)

.PHONY: race
race: $(TESTSUM) ## run the same tests under the race detector
	@go test -race -json $$(go list $(ALL) | grep -Ev '$(HOSTILE)|/internal/archtest') | $(TESTSUM)

.PHONY: cover
cover: $(TESTSUM) bin/covercheck ## measure how much of internal/ tests run
	@mkdir -p bin
	go test -json -coverprofile=bin/cover.out -coverpkg=./internal/... $$(go list ./... | grep -v /internal/archtest) | $(TESTSUM)
	bin/covercheck -min $(COVERAGE) -under github.com/curlew-rpc/curlew/internal bin/cover.out

.PHONY: lint
lint: bin/staticcheck ## check form and common mistakes: gofmt, go vet, staticcheck
	@failed=0
	check() {
		if out=$$("$${@:2}" 2>&1) && [ -z "$$out" ]; then
			echo "ok    $$1"
		else
			echo "FAIL  $$1"; echo "$$out"; failed=$$((failed + 1))
		fi
	}
	check gofmt gofmt -l .
	check vet go vet $(ALL)
	check staticcheck bin/staticcheck $(ALL)
	check 'vet of the tools' env GOWORK=off go vet -C $(TOOLS) ./...
	echo "$$((4 - failed)) passed, $$failed failed"
	[ $$failed -eq 0 ]

.PHONY: vuln
vuln: bin/govulncheck ## look for known vulnerabilities in what is required
	@status=0; out=$$(bin/govulncheck ./... 2>&1) || status=$$?
	echo "$$out"
	if [ $$status -ne 0 ] && grep -q 'fetching vulnerabilities' <<<"$$out"; then
		echo "the vulnerability database cannot be reached: nothing was checked"
		status=0
	fi
	exit $$status

.PHONY: generate
generate: ## generate code anew (needs protoc for the private copies of gRPC's messages)
	go run ./cmd/curlew generate
	(cd examples && go run ../cmd/curlew generate)
	(cd interop/connectconformance && go run ../../cmd/curlew generate)
	go generate ./...

.PHONY: generate-check
generate-check: ## fail if generated code is not what generate makes; it is then
	@sums() { find . -name '*.pb.go' -not -path './bin/*' | LC_ALL=C sort | xargs sha256sum; }
	before=$$(sums)
	$(MAKE) --no-print-directory generate
	total=$$(wc -l <<<"$$before")
	if out=$$(diff <(echo "$$before") <(sums)); then
		echo "$$total passed, 0 failed"
	else
		awk '/^>/ { print "not current:", $$3 } /^</ { gone[$$3] }' <<<"$$out"
		n=$$(awk '/^[<>]/ { print $$3 }' <<<"$$out" | sort -u | wc -l)
		echo "$$((total - n)) passed, $$n failed"
		exit 1
	fi

.PHONY: fuzz
fuzz: ## run every fuzzer for FUZZTIME (30s), or those that FUZZ matches, others for FUZZREST
	@$(TOOLS)/fuzz.sh $(FUZZTIME) '$(FUZZ)' $(FUZZREST)

.PHONY: interop
interop: ## call other gRPC stacks and be called by them
	@bash interop/run.sh

.PHONY: h2spec
h2spec: ## run h2spec against the server, and h2specd against the client
	@bash interop/run.sh h2spec

.PHONY: conformance
conformance: ## run the Connect project's conformance suite, shortened, against server and client
	@bash interop/connectconformance/run.sh

.PHONY: conformance-all
conformance-all: ## run all of it: every protocol, version of HTTP, codec and compression (5 minutes)
	@bash interop/connectconformance/run.sh -all

.PHONY: browser
browser: ## call the demonstration from Chromium (which has to be there), by its page and by the official clients
	@bash interop/browser/run.sh

.PHONY: hostile
hostile: $(TESTSUM) ## attack servers and clients, and cut their connections, under the race detector
	@go test -race -p 1 -json $$(go list $(ALL) | grep -E '$(HOSTILE)') | $(TESTSUM)

.PHONY: soak
soak: ## have clients of all kinds call a server for SOAKTIME (2m)
	@bash interop/soak/run.sh $(SOAKTIME)

.PHONY: resilience
resilience: ## count lost calls while servers stop, die and hang, other stacks beside it (18 minutes; RESILIENCE=-short)
	@bash interop/resilience/run.sh $(RESILIENCE)

.PHONY: bench-programs
bench-programs: ## build what bench measures: the Go programs, and those whose toolchain is there
	@bench/build-go.sh
	for build in bench/peers/*/build.sh; do
		code=0; out=$$($$build 2>&1) || code=$$?
		[ $$code -eq 0 ] || echo "$$out"
		[ $$code -eq 0 ] || [ $$code -eq 3 ] # 3: a toolchain is missing
	done

.PHONY: bench
bench: bench-programs ## measure all stacks side by side; writes bench/RESULTS.md and bench/charts
	@cd bench && GOWORK=off go run ./run

.PHONY: bench-quick
bench-quick: ## measure against the Go peers and fail below the bars (5 minutes)
	@bench/build-go.sh curlew grpcgo floor connectgo vanguard grpcgateway
	cd bench && GOWORK=off go run ./run -quick

.PHONY: bench-test
bench-test: $(TESTSUM) ## build, vet and test the bench itself
	@GOWORK=off go vet -C bench ./...
	GOWORK=off go test -C bench -json ./... | $(TESTSUM)

.PHONY: demo
demo: ## run a service, call it and show what crosses the wire
	@go run ./cmd/curlew demo
