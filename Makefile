.PHONY: check test generate run lint

check: ## quick: stale files, format, vet, Go tests on SQLite
	scripts/check

test: ## everything, browsers included
	scripts/test

generate: ## templates, style sheet, script
	scripts/generate

run: ## a throwaway database with demo data on http://localhost:8080
	go run ./cmd/latchkey demo

lint: ## the first run builds the linter, which takes minutes
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run
