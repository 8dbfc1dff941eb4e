# genlab needs Go and make, nothing else. Every target prints the command that it runs.
export CGO_ENABLED := 0

GENLAB := bin/genlab
# Further flags for a command: make train-diffusion ARGS="--data moons --seed 2"
ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-28s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: $(GENLAB)
$(GENLAB):
	go build -o $(GENLAB) ./cmd/genlab

.PHONY: train-diffusion
train-diffusion: $(GENLAB) ## train a diffusion model, evaluate it and plot it (ARGS="--data moons")
	$(GENLAB) train diffusion $(ARGS)

.PHONY: sample-diffusion
sample-diffusion: $(GENLAB) ## sample 10,000 points from the trained model (ARGS="--sampler ddpm --nfe 1000")
	$(GENLAB) sample runs/diffusion-8gaussians-s1 -n 10000 -o runs/diffusion-8gaussians-s1/samples.npy $(ARGS)

.PHONY: train-flow
train-flow: $(GENLAB) ## train a normalizing flow, evaluate it and plot it (ARGS="--data moons")
	$(GENLAB) train flow $(ARGS)

.PHONY: train-gan
train-gan: $(GENLAB) ## train a GAN, evaluate it and plot it (ARGS="--data moons")
	$(GENLAB) train gan $(ARGS)

.PHONY: train-vae
train-vae: $(GENLAB) ## train a variational autoencoder, evaluate it and plot it (ARGS="--data moons")
	$(GENLAB) train vae $(ARGS)

.PHONY: train-autoregressive
train-autoregressive: $(GENLAB) ## train a transformer on the digits of points (ARGS="--data moons")
	$(GENLAB) train autoregressive $(ARGS)

.PHONY: train-text
train-text: $(GENLAB) ## train a transformer on characters and sample text (ARGS="--data file:book.txt")
	$(GENLAB) train autoregressive --data grammar $(ARGS)

.PHONY: train-latent-diffusion
train-latent-diffusion: $(GENLAB) ## train an autoencoder and a diffusion model of its latents (ARGS="--data lift64:25gaussians")
	$(GENLAB) train latent-diffusion $(ARGS)

.PHONY: train-consistency
train-consistency: $(GENLAB) ## train a diffusion model and distil it into a consistency model (ARGS="--data 25gaussians")
	$(GENLAB) train consistency $(ARGS)

.PHONY: train-adversarial-diffusion
train-adversarial-diffusion: $(GENLAB) ## distil a diffusion model adversarially into few steps (ARGS="--data 25gaussians")
	$(GENLAB) train adversarial-diffusion $(ARGS)

.PHONY: train-flow-prior
train-flow-prior: $(GENLAB) ## train a VAE whose prior is a flow (ARGS="--data moons")
	$(GENLAB) train flow-prior $(ARGS)

.PHONY: train-video
train-video: $(GENLAB) ## train a transformer that denoises videos of bouncing points
	$(GENLAB) train video $(ARGS)

.PHONY: train-captioned
train-captioned: $(GENLAB) ## train a diffusion model conditioned on a language model
	$(GENLAB) train captioned $(ARGS)

.PHONY: compare
compare: $(GENLAB) ## train every model on the same data and compare them on one page (ARGS="--seeds 5")
	$(GENLAB) compare $(ARGS)

.PHONY: datasets
datasets: $(GENLAB) ## list the distributions with their entropies
	$(GENLAB) datasets $(ARGS)

.PHONY: smoke
smoke: $(GENLAB) ## train every model for a few seconds
	$(GENLAB) train diffusion --smoke --overwrite --out runs/smoke-diffusion
	$(GENLAB) train flow --smoke --overwrite --out runs/smoke-flow
	$(GENLAB) train autoregressive --smoke --overwrite --out runs/smoke-autoregressive
	$(GENLAB) train gan --smoke --overwrite --out runs/smoke-gan
	$(GENLAB) train vae --smoke --overwrite --out runs/smoke-vae
	$(GENLAB) train flow-prior --smoke --overwrite --out runs/smoke-flow-prior
	$(GENLAB) train consistency --smoke --overwrite --out runs/smoke-consistency
	$(GENLAB) train latent-diffusion --smoke --overwrite --out runs/smoke-latent-diffusion
	$(GENLAB) train adversarial-diffusion --smoke --overwrite --out runs/smoke-adversarial-diffusion
	$(GENLAB) train video --smoke --overwrite --out runs/smoke-video
	$(GENLAB) train captioned --smoke --overwrite --out runs/smoke-captioned
	$(GENLAB) compare --smoke --overwrite --out runs/smoke-compare

.PHONY: test
test: ## run the tests
	go test ./...

.PHONY: lint
lint: ## check formatting, vet and staticcheck
	test -z "$$(gofmt -l .)"
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...

.PHONY: bench
bench: ## run the benchmarks
	go test -run '^$$' -bench . ./internal/kernel ./nn

.PHONY: benchstat
benchstat: ## compare two outputs of make bench (OLD=before.txt NEW=after.txt)
	go tool -modfile=tools/go.mod benchstat $(OLD) $(NEW)

.PHONY: generate
generate: ## regenerate the kernels and the tables of the README
	go generate ./...
