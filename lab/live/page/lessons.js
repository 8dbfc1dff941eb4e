// Six short lessons: what to know, what to do on the stage, and what one should see.

/** @typedef {import('./types.js').Settings} Settings */

/**
 * @typedef {object} Task
 * @property {string} text
 * @property {string} [button] text of the button that does it
 * @property {Settings} [use] settings to train with, from the beginning
 * @property {[panel: string, view: string]} [inside] what to look into
 * @property {string} [open] tab to open
 */

/**
 * @typedef {object} Lesson
 * @property {string} title
 * @property {string} of the model that it is about, for its colour; "" for all
 * @property {string[]} know
 * @property {Task[]} todo
 * @property {string[]} see
 * @property {string} ask
 * @property {string} answer
 */

/** @param {string} name @param {...import('./types.js').PanelChoice} models @returns {Settings} */
const on = (name, ...models) => ({data: {name}, seed: 1, models});

/** @type {Lesson[]} */
export const lessons = [
  {
    title: 'Autoregressive: one digit after another', of: 'autoregressive',
    know: [
      'Every distribution can be taken apart by the chain rule: the probability of the first part, times that of the second given the first, and so on. An autoregressive model learns these conditional probabilities with one network. Here the parts are the digits of the two coordinates.',
      'Each conditional is a list of probabilities that sum to 1. Their product is the probability of a point, exactly. Nothing is free: a sample needs one network evaluation for each digit, one after another.',
    ],
    todo: [
      {text: 'Train three models that differ only in the number of binary digits.', button: 'Train with 2, 4 and 7 binary digits', use: on('pinwheel', ...['2', '4', '7'].map((digits) => ({model: 'autoregressive', set: {base: '2', digits, hidden: '32', batch: '256', steps: '1500'}})))},
      {text: 'Follow one point from the first digit to the last.', button: 'Look inside the third model', inside: ['autoregressive-3', 'digits']},
    ],
    see: [
      'With 2 digits a coordinate the plane is a mosaic of 4 × 4 cells; with 7 it is too fine to notice. Within a cell the density is uniform.',
      'The KL divergence falls from more than one nat to a fraction of it: the fewer the digits, the more of the detail lies within the cells.',
      'NFE is twice the number of digits: 4, 8, 14.',
    ],
    ask: 'A text of 1,000 characters is sampled by the same method. How many network evaluations does it take, and can they run at the same time?',
    answer: 'A thousand, one after another: each character has to be known before the next one can be asked for. The characters of one text cannot be sampled at the same time; those of several texts can.',
  },
  {
    title: 'VAE: a bound instead of a likelihood', of: 'vae',
    know: [
      'A variational autoencoder draws a code z from a normal distribution and decodes it to x. The likelihood of x is an average over all codes, an integral without a formula.',
      'The encoder guesses which codes could have produced x. The guess gives a lower bound on log p(x), the ELBO: how well codes of the guess reproduce x, minus how far the guess is from the distribution that codes are drawn from (the KL term). Training raises that bound. How far the likelihood lies above it is exactly how wrong the guess is.',
    ],
    todo: [
      {text: 'Train a VAE as usual, one that weighs the KL term 8 times, and one whose guesses may only be axis-parallel ellipses.', button: 'Train the three VAEs', use: on('8gaussians', {model: 'vae'}, {model: 'vae', set: {beta: '8'}}, {model: 'vae', set: {posterior: 'diagonal'}})},
      {text: 'Point at data points: the ellipse is the encoder’s guess, the shading the truth. Then read the bound term by term.', button: 'Look at the latent plane', inside: ['vae', 'latent']},
      {text: 'Do the same for the second VAE.', button: 'Latent plane with beta = 8', inside: ['vae-2', 'latent']},
    ],
    see: [
      'The first model covers all eight modes, with stray samples between them: they come from codes between the clouds of ellipses.',
      'With beta = 8 every ellipse is the prior itself: to differ from it costs 8 times as much, so the codes say nothing about x and the decoder makes one blob (posterior collapse). Its gap is 0: a tight bound does not make a good model.',
      'Axis-parallel ellipses guess a little worse, and the bound of the third model is some hundredths of a nat worse than that of the first.',
    ],
    ask: 'Model A is a VAE with NLL ≤ 3.1 nats, model B a flow with NLL 3.0 nats. Which has the higher likelihood?',
    answer: 'That cannot be told. A has 3.1 nats or less; how much less, the bound does not say. To compare, compute a tighter bound or log p itself for A.',
  },
  {
    title: 'GAN: samples without a density', of: 'gan',
    know: [
      'A generator turns noise into points, x = G(z). A critic learns to tell these points from data, and the generator learns to fool it. Neither ever computes a probability.',
      'The probability of a point is that of all the noise which G sends there. G has no inverse to find that noise: it may lie in several places, or in none. So nobody can say how probable a given point is: there is no likelihood, not even a bound. What the model has learned shows in its samples alone.',
    ],
    todo: [
      {text: 'Train a GAN with a Wasserstein critic beside the original minimax game.', button: 'Train both on 25 modes', use: on('25gaussians', {model: 'gan'}, {model: 'gan', set: {objective: 'minimax'}})},
      {text: 'Watch the critic’s landscape change under the samples.', button: 'Look at the critic', inside: ['gan', 'critic']},
      {text: 'Move a circle over the samples, and find the noise that they were made of.', button: 'Look where samples come from', inside: ['gan', 'origins']},
    ],
    see: [
      'The Wasserstein GAN finds all 25 modes, with some samples between them. The original game, with the same networks, loses the data: its discriminator tells fakes from data too easily, the generator gets no direction, and the samples leave the picture. The loss gives no warning.',
      'The critic is high where data lack samples and low where there are too many; the samples move uphill, and the hills move.',
      'Many places come from several patches of noise, far apart, and thin slivers are stretched between the modes. The picture had to try 2,000 z to find out: the generator itself does not know.',
    ],
    ask: 'Why would a model trained by maximum likelihood never leave out a mode of the data?',
    answer: 'At the points of a missing mode its density would be 0, and −log 0 is infinite: the average loss would be infinite too. Maximum likelihood punishes nothing harder.',
  },
  {
    title: 'Flow: bending the plane', of: 'flow',
    know: [
      'A normalizing flow is an invertible map between noise and data, made of simple layers. Each point has exactly one origin, and the stretching of the map is easy to compute. So its likelihood is exact, and training simply maximises it.',
      'The price is rigidity: the map may not tear or fold, and the noise must have as many dimensions as the data.',
    ],
    todo: [
      {text: 'Train splines beside affine layers on four separate rings.', button: 'Train both on rings', use: on('rings', {model: 'flow'}, {model: 'flow', set: {transform: 'affine'}})},
      {text: 'Move the slider from the grid of the noise to the data.', button: 'See the grid bend', inside: ['flow', 'grid']},
      {text: 'Look for bridges of density between the rings.', button: 'See the density of the second', inside: ['flow-2', 'density']},
    ],
    see: [
      'Splines follow the rings closely; affine layers leave much more mass between them, and the NLL says by how many nats.',
      'The noise is one piece and the rings are four: since the map cannot tear, threads of density always connect what should be separate. In the second model they are easy to see; in the first they are too thin for the map of the density, but the lines of the grid show where they run.',
      'Both models have the same kind of likelihood, so their NLLs may be compared, and the entropy is the floor for both. The energy distance hardly tells them apart: it compares distances between points, and mass between the rings changes few of them. Two figures see different faults.',
    ],
    ask: 'Can a flow turn a normal distribution on a line (one dimension) into a ring in the plane (two dimensions)?',
    answer: 'No. An invertible map keeps the dimension. In the plane a ring is a thin curve of measure zero; a flow can only squeeze the two-dimensional normal distribution closer and closer around it.',
  },
  {
    title: 'Diffusion: noise removed step by step', of: 'diffusion',
    know: [
      'Training adds noise to data and teaches a network to predict what was added, for every amount of noise. Sampling starts from pure noise and removes a little at a time.',
      'The number of steps is chosen when sampling, not when training. The path is curved, so a few long steps leave it; the deterministic path also gives the likelihood, by solving an ODE.',
    ],
    todo: [
      {text: 'Train one diffusion model that samples in 3, 8 and 35 evaluations.', button: 'Train with 3, 8 and 35', use: on('25gaussians', {model: 'diffusion', sampling: {nfe: '3'}}, {model: 'diffusion', sampling: {nfe: '8'}}, {model: 'diffusion'})},
      {text: 'Play the reverse process and change the number of steps from 1 to 1000.', button: 'Look inside', inside: ['diffusion-3', 'reverse']},
      {text: 'With labels, one can ask for a part of the data: here each arm has one.', button: 'Train with labels', use: on('pinwheel', {model: 'diffusion', set: {conditional: 'true'}})},
      {text: 'There, choose a label and raise the guidance.', button: 'Look inside with labels', inside: ['diffusion', 'reverse']},
    ],
    see: [
      'The three panels are the same network at every moment. With 3 evaluations its samples miss many modes, with 8 they smear between them, with 35 they do not. The NLL is the same three times: it is that of the network, whatever the number of steps.',
      'In one step, every point goes to the mean of the data that its noise could have come from: near the middle.',
      'Beyond some tens of steps the energy distance is that of the oracle, and 1000 steps gain nothing.',
      'More guidance pulls the samples of a label towards its centre: surer, but less diverse.',
    ],
    ask: 'A model samples in 35 evaluations. What must be trained again to sample in 10?',
    answer: 'Nothing. The network is the same; only the sampler takes fewer and longer steps. (Trained again is only a model that shall do it in one or two: distillation.)',
  },
  {
    title: 'Trade-offs: which one would you take?', of: '',
    know: [
      'No paradigm wins everywhere. Exact likelihood, fast sampling, covered modes and free choice of the network: each gives up something.',
      'Hybrids combine parts: a VAE with a flow as its prior fills the holes in the latent plane; a consistency model learns to jump along a diffusion model’s paths in one evaluation.',
    ],
    todo: [
      {text: 'Let all five learn the same 25 modes.', button: 'Train all five', use: on('25gaussians', {model: 'diffusion'}, {model: 'flow'}, {model: 'gan'}, {model: 'vae'}, {model: 'autoregressive'})},
      {text: 'Compare the curves, against seconds and against steps.', button: 'Open the race', open: 'race'},
      {text: 'Put hybrids beside their parts.', button: 'Train VAE, flow and their hybrid', use: on('25gaussians', {model: 'vae'}, {model: 'flow'}, {model: 'flow-prior'})},
    ],
    see: [
      'The order of the models depends on what you read: samples (energy distance), likelihood (KL) or cost (NFE).',
      'The autoregressive model and the flow lead in KL. The GAN has no KL at all, but needs one evaluation for a sample; diffusion needs 35.',
      'The VAE’s stray samples between the modes become fewer with a flow as its prior.',
    ],
    ask: 'You need to tell unusual points from usual ones. Which of the five can you use, and which not?',
    answer: 'Those that give a density: the flow and the autoregressive model exactly, the diffusion model by solving an ODE; the VAE with a bound. The GAN cannot, since it has no density.',
  },
];
