# Everything a person or CI does with this tree. `make help` lists it.

GO      ?= go
BINARY  := bin/reactord
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

.PHONY: help build quickstart deps generate lint test soak bench clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST)

build: ## build bin/reactord, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BINARY) ./cmd/reactord

quickstart: build ## build, then run the quickstart configuration in the foreground
	@./configs/quickstart.sh $(BINARY)

deps: ## install what the tests need (Debian or Ubuntu; as root, or with sudo)
	./.ci/deps

generate: ## write the generated files anew
	$(GO) generate ./...

lint: ## gofmt, go vet and what is generated
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'gofmt would change these'; exit 1; }
	$(GO) vet ./...

test: deps lint ## install what the tests need and run them all, a small share of the long counts
	$(GO) test -race -count=1 -timeout 15m ./...

soak: deps lint ## all of the long counts
	REACTORD_SOAK=1 $(GO) test -race -count=1 -timeout 6h ./...

bench: ## install the peers, measure beside the peers, write bench/RESULTS.md
	./.ci/deps bench
	$(GO) run ./bench

clean: ## remove what was built
	rm -rf bin dist
