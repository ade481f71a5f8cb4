.DEFAULT_GOAL := help
.PHONY: help dev test check build bench soak testbed cluster

help: ## List the commands
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):[^#]*## /make \1	/' | expand -t 14

# What npm itself runs on; everything else runs on the Node.js 24 that npm installs here.
enough = var v = process.versions.node.split("."); process.exit(v[0] > 20 || (v[0] == 20 && v[1] >= 19) ? 0 : 1)
refusal = 'Node.js 20.19 or newer, with npm, is needed. Get it from https://nodejs.org, then run make again.'

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

soak: node_modules/.package-lock.json ## Kill, stop and cut off the control plane for hours, on this machine and over a cluster, and look for anything lost or left
	@npm run --silent soak

testbed: node_modules/.package-lock.json ## Get the servers of the test cluster into a cache folder: about ten minutes once, then seconds
	@npm run --silent testbed

cluster: node_modules/.package-lock.json ## Start a test cluster with Argo CD until Ctrl-C, and print how to use it
	@npm run --silent cluster

node_modules/.package-lock.json: package-lock.json package.json .npmrc
	@command -v npm >/dev/null && node -e '$(enough)' || { echo $(refusal) >&2; exit 1; }
	@echo 'Installing packages'
	@npm ci
	@touch $@
