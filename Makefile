# genlab needs Go and make, nothing else. Every target prints the command that it runs.
export CGO_ENABLED := 0

GENLAB := bin/genlab
# Further flags for a command: make train-diffusion ARGS="--data moons --seed 2"
ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-zA-Z%-]+:.*## / {sub("%", "MODEL", $$1); printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Always built: the go tool knows what has changed.
.PHONY: $(GENLAB)
$(GENLAB):
	go build -o $(GENLAB) ./cmd/genlab

##@ Models

train-%: $(GENLAB) ## train a model, measure it and draw it (make models lists them; ARGS="--data moons")
	$(GENLAB) train $* $(ARGS)

.PHONY: train-text
train-text: $(GENLAB) ## train a transformer on characters and sample text (ARGS="--data file:book.txt")
	$(GENLAB) train autoregressive --data grammar $(ARGS)

sample-%: $(GENLAB) ## sample 10,000 points from a trained model (ARGS="--seed 2")
	$(GENLAB) sample runs/$*-8gaussians-s1 -n 10000 -o runs/$*-8gaussians-s1/samples.npy $(ARGS)

.PHONY: compare
compare: $(GENLAB) ## train every paradigm on the same data and report all on one page (ARGS="--seeds 5")
	$(GENLAB) compare $(ARGS)

.PHONY: live
live: $(GENLAB) ## watch models learn side by side in the browser (ARGS="--data moons --models gan,flow")
	$(GENLAB) live $(ARGS)

.PHONY: models
models: $(GENLAB) ## list the models
	$(GENLAB) models $(ARGS)

.PHONY: datasets
datasets: $(GENLAB) ## list the datasets with their entropies
	$(GENLAB) datasets $(ARGS)

##@ Development

.PHONY: test
test: ## run the tests
	go test -timeout 20m ./...

.PHONY: smoke
smoke: $(GENLAB) ## train every model, compare some, sweep, and run every experiment, at a tiny scale
	@set -e; for model in $$($(GENLAB) models --names); do \
		echo "$(GENLAB) train $$model --smoke --overwrite --out runs/smoke-$$model"; \
		$(GENLAB) train $$model --smoke --overwrite --out runs/smoke-$$model; \
	done
	$(GENLAB) compare --smoke --overwrite --out runs/smoke-compare
	rm -rf runs/smoke-sweep
	$(GENLAB) sweep flow --data moons --lr 1e-3,3e-3 --seeds 2 --smoke --out runs/smoke-sweep
	$(GENLAB) export runs/smoke-sweep/00000 runs/smoke-sweep/00001 --to tensorboard runs/smoke-sweep/tb
	$(GENLAB) experiment all --smoke

.PHONY: lint
lint: ## check formatting, vet and staticcheck
	test -z "$$(gofmt -l .)"
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...

.PHONY: check-page
check-page: ## check the types of the scripts of genlab live with TypeScript (needs Node)
	npx --yes --package typescript@7.0.2 tsc -p lab/live/tsconfig.json

.PHONY: bench
bench: ## run the benchmarks
	go test -run '^$$' -bench . ./internal/kernel ./nn ./flow

.PHONY: benchstat
benchstat: ## compare two outputs of make bench (OLD=before.txt NEW=after.txt)
	go tool -modfile=tools/go.mod benchstat $(OLD) $(NEW)

.PHONY: faults
faults: $(GENLAB) ## make system calls fail and kill trainings, and count what is lost (Linux, strace; ARGS="-kills 50")
	cd tools && go run ./faults -genlab ../$(GENLAB) $(ARGS)

.PHONY: mutants
mutants: ## plant bugs, one at a time, and count those that the tests catch (ARGS="-only flow")
	cd tools && go run ./mutants $(ARGS)

.PHONY: generate
generate: ## write the generated files again: kernels, tables, pages
	go generate ./...

.PHONY: clean
clean: ## remove the built command and the folders of smoke runs; other runs stay
	rm -rf bin runs/smoke-*
