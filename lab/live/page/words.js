// What the kind of a likelihood means, in words for someone who meets it for the first time.

import {el} from './dom.js';
import {nameOf} from './names.js';

/** @typedef {import('./types.js').PanelInfo} PanelInfo */

/**
 * Returns a button that opens the explanation of a model's likelihood, with the explanation and a way to see it.
 * @param {PanelInfo} info
 * @param {(panel: string, view: string) => void} lookInside
 */
export function explainer(info, lookInside) {
  const [question, ...paragraphs] = explanation(info);
  const content = paragraphs.map((p) => el('p', {}, typeof p === 'string' ? p : el('code', {}, p.formula)));
  const see = info.views.find((v) => v in seen);
  return popover(question, content, label(info), `${label(info)} ${nameOf(info)}`, see ? {text: seen[see], go: () => lookInside(info.id, see)} : undefined);
}

/** Views that show what an explanation says, with the text of the button. @type {Record<string, string>} */
const seen = {origins: 'See where points come from', latent: 'See the bound and what it misses', reverse: 'See the path', digits: 'See the digits'};

/** Returns a button that explains the figures of all panels. */
export function figuresExplainer() {
  return popover('What do these numbers mean?', figures.map((p) => el('p', {}, p)), 'what do these numbers mean?', 'What do these numbers mean?');
}

/**
 * @param {string} title
 * @param {HTMLElement[]} content
 * @param {string} text of the button
 * @param {string} name of the button, for screen readers
 * @param {{text: string, go: () => void}} [see] a button in the explanation
 */
function popover(title, content, text, name, see) {
  const box = el('div', {popover: 'auto', role: 'dialog', tabIndex: -1, 'aria-label': title}, el('h2', {}, title), ...content,
    el('div', {class: 'row'}, see && el('button', {type: 'button', class: 'main', onclick: () => { box.hidePopover(); see.go(); }}, see.text), el('button', {type: 'button', onclick: () => box.hidePopover()}, 'Close')));
  return el('span', {}, el('button', {class: 'plain', type: 'button', 'aria-label': name, onclick: () => { box.showPopover(); box.focus(); }}, text), box);
}

/** @param {PanelInfo} info */
function label(info) {
  switch (info.likelihood) {
    case 'none': return 'why no likelihood?';
    case 'bound': return 'why only a bound?';
    case 'ODE': return 'why “by ODE”?';
    default: return 'what is exact?';
  }
}

/** @typedef {[string, ...(string | {formula: string})[]]} Explanation a question and the paragraphs that answer it */

/**
 * Returns the explanation of a model's kind of likelihood.
 * @param {PanelInfo} info
 * @returns {Explanation}
 */
export function explanation(info) {
  if (info.likelihood === 'none') return info.model === 'gan' ? noLikelihood : distilled;
  if (info.likelihood === 'bound') return bound;
  if (info.likelihood === 'ODE') return byODE;
  return info.model === 'autoregressive' ? exactDigits : info.model === 'flow' ? exactFlow : exactOther;
}

/** The figures under the panels. */
const figures = [
  'NLL: the negative log-likelihood. How surprised is the model by fresh data, on average? Lower is better, and the entropy of the data is the lowest possible value. The unit is the nat, like the bit but with the natural logarithm: one nat less means that the model gives the data e ≈ 2.7 times the density. “Exact”, “by ODE” and “bound” say how it is computed; some models have none.',
  'KL(p‖q), the Kullback-Leibler divergence: how far the NLL is above that lowest value. 0 would be a perfect model. Both logarithms are taken at the same points, so that chance cancels: it is more accurate than the difference of the numbers above.',
  'Energy distance: how far samples of the model are from samples of the true distribution. It needs no likelihood, so every model has one. For a perfect model it is 0 on average.',
  'Modes: how many of the clusters of the data receive samples.',
  'NFE: the number of network evaluations for one sample, which is what sampling costs.',
  'Oracle: the same number for a second sample of the true distribution, which is what a perfect model would get. A model whose value is as good as the oracle’s cannot be told from the truth.',
  '±: all these numbers are estimated from some thousand points (a few hundred where each takes an ODE), and ± is the standard error. A difference of less than about two of them is chance. By chance, a distance or a KL near 0 can come out below 0, and a model can come out better than the oracle.',
];

/** What all explanations begin with. */
const likelihood = 'The likelihood of a point x is q(x), the density that the model assigns to it: how much probability it puts around x. '
  + 'A model that gives the data high density explains them well. The tables show the negative logarithm, averaged over fresh data (NLL): lower is better, and the entropy is the best possible value.';

/** @type {Explanation} */
const noLikelihood = ['Why does a GAN have no likelihood?',
  likelihood,
  'A GAN only knows how to make points. It takes noise z, here two numbers from a normal distribution, and the generator, a neural network, turns them into a point:',
  {formula: 'x = G(z)'},
  'To find q(x) you would have to go backwards: find every z that G sends to x, and measure how much G stretches the plane at each of them, since stretching thins the density out. '
  + 'Nothing in G makes that possible. It has no inverse; many z may land on the same x; it may squash a whole area onto a curve, where no finite density exists; and there may be no z at all that reaches x.',
  'So you can have as many samples as you like, but no answer to “how probable is this point?”. (With two coordinates you could count samples near x. That estimates a density, but with an error of its own, and with images, which have thousands of coordinates, no sample ever comes near.) A flow also turns noise into a point, but is built so that every x comes from exactly one z and the stretching is known: that is why a flow has a likelihood and a GAN has not.',
  'Training does not need one: the critic compares samples with data, and the generator follows the critic. The price is that nothing punishes a mode that is left out (a model with a likelihood would have density 0 there, and −log 0 is an infinite loss), and that the loss does not tell how good the samples are. '
  + 'Judge a GAN by its samples: the energy distance and the modes in the table.'];

/** @type {Explanation} */
const distilled = ['Why does this model have no likelihood?',
  likelihood,
  'This model was trained to turn noise into a point in one or a few network evaluations. The network is not invertible: many z may land on the same x and some x may be reached by none, so the density q(x) of what comes out cannot be computed. It is the same as for a GAN.',
  'Judge it by its samples: the energy distance and the modes in the table.'];

/** @type {Explanation} */
const bound = ['Why does a VAE have only a bound on its likelihood?',
  likelihood,
  'A VAE makes a point in two steps: draw a code z from a normal distribution, the prior p(z), then draw x around the point that the decoder gives for z. Any code could have produced x, some more easily than others, so its density is an average over all codes:',
  {formula: 'p(x) = ∫ p(z) p(x|z) dz'},
  'This integral has no formula, and trying codes at random would mostly try codes that have nothing to do with x. The encoder helps: for a given x it guesses which codes could have produced it, q(z|x). From codes of the guess one can compute a number that is never above log p(x), the evidence lower bound (E is the average over codes of the guess, and KL measures how far one distribution is from another, 0 if they are equal):',
  {formula: 'ELBO = E[log p(x|z)] − KL(q(z|x) ‖ p(z))  ≤  log p(x)'},
  'The first term asks how well codes of the guess reproduce x, the second subtracts how far the guess is from the prior. What is missing to log p(x) is exactly how wrong the guess is, KL(q(z|x) ‖ p(z|x)). If the encoder guessed perfectly, the bound would be the likelihood.',
  'A lower bound on log p is an upper bound on the NLL. “NLL ≤ 3.1” says: the true value is 3.1 or less, and by how much less, the bound does not say. So do not rank it against an exact value: a VAE with NLL ≤ 3.1 may be better than a flow with NLL 3.0. '
  + 'With a code of two numbers the integral can be done numerically: the button below shows log p beside the bound, and the guess of each point beside the truth.',
  'A word on letters: papers on VAEs, and this text after its first paragraph, call the model’s density p(x) and the encoder’s guess q(z|x). In the first paragraph, and in KL(p‖q) of the table, p is the true distribution and q the model.'];

/** @type {Explanation} */
const byODE = ['What is a likelihood “by ODE”?',
  likelihood,
  'A diffusion model turns noise into a point along a path, and the deterministic path is the solution of a differential equation (ODE). Followed backwards it leads from x to exactly one noise point z, so it is an invertible map like a flow:',
  {formula: 'log q(x) = log N(z; 0, I) + ∫ divergence along the path'},
  'The solver takes many steps, each a network evaluation, and has a tolerance: the value is exact up to the solver’s error. It belongs to the deterministic sampler; samples drawn in few steps or with added noise have a slightly different density.'];

/** @type {Explanation} */
const exactFlow = ['Why is the likelihood of a flow exact?',
  likelihood,
  'A flow is an invertible map f: every point x comes from exactly one noise point z = f(x). The density of z is a formula, and how much the map stretches the plane at x is the determinant of its derivative, which the architecture makes cheap to compute:',
  {formula: 'log q(x) = log N(f(x); 0, I) + log |det ∂f/∂x|'},
  'Exact means that the value is the model’s own density, with nothing estimated. It does not mean that the density is right: KL(p‖q) measures how far it is from the true one.'];

/** @type {Explanation} */
const exactDigits = ['Why is the likelihood of an autoregressive model exact?',
  likelihood,
  'The model writes the two coordinates of a point as digits and predicts them one after another. Each prediction is a list of probabilities that sum to 1, and the probability of a point is their product:',
  {formula: 'q(x) = q(x₁) · q(x₂|x₁) · q(x₃|x₁, x₂) · …'},
  'Divided by the area of the smallest cell, that is a density. Exact means that nothing is estimated, not that the density is right: KL(p‖q) measures how far it is from the true one. Within a cell it is uniform, so too few digits cannot follow fine detail.'];

/** @type {Explanation} */
const exactOther = ['Why is this likelihood exact?',
  likelihood,
  'The density of this model is a formula that is evaluated at any point, with nothing estimated. That does not mean that the density is right: KL(p‖q) measures how far it is from the true one.'];
