.DEFAULT_GOAL := help
.PHONY: help dev test check build bench soak

help: ## List the commands
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):[^#]*## /make \1	/' | expand -t 14

dev: node_modules/.package-lock.json ## Run Blueberry on this machine, on http://localhost:8000, restarting on change
	@npm run --silent dev

test: node_modules/.package-lock.json ## Run every tier of the tests that this machine can run (some: npm test -- core http)
	@npm run --silent test

check: node_modules/.package-lock.json ## Check format, lint, types, dependency rules and dead code
	@npm run --silent check

build: node_modules/.package-lock.json ## Compile to dist/
	@npm run --silent build

bench: node_modules/.package-lock.json ## Measure the performance budgets beside their peers
	@npm run --silent bench

soak: node_modules/.package-lock.json ## Run for long under load and watch memory, files and processes
	@npm run --silent soak

node_modules/.package-lock.json: package-lock.json package.json .npmrc
	@command -v node >/dev/null && command -v npm >/dev/null || { \
	  echo 'Node.js and npm are needed and were not found. Get Node.js 20.19 or newer from https://nodejs.org, then run make again.' >&2; exit 1; }
	@node -e 'var v = process.versions.node.split(".").map(Number); if (v[0] < 20 || (v[0] === 20 && v[1] < 19)) { \
	  console.error("Node.js 20.19 or newer is needed and this is " + process.version + ". Get it from https://nodejs.org, then run make again."); process.exit(1); }'
	@echo 'Installing packages'
	@npm ci
	@touch $@
