// What panels are called.

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./types.js').PanelInfo} PanelInfo */

/**
 * Returns what a panel was asked to be.
 * @param {Session} session
 * @param {PanelInfo} info
 */
export const choiceOf = (session, info) => session.current.settings.models[session.current.panels.findIndex((p) => p.id === info.id)];

/** Short names of models. @type {Record<string, string>} */
const names = {
  autoregressive: 'Autoregressive', vae: 'VAE', gan: 'GAN', flow: 'Flow', diffusion: 'Diffusion', 'flow-matching': 'Flow matching', 'flow-prior': 'VAE, flow prior',
  consistency: 'Consistency', 'adversarial-diffusion': 'Adversarial', 'latent-diffusion': 'Latent diffusion', kde: 'KDE',
  'rectified-flow': 'Rectified flow', 'flow-map': 'Flow map', 'vq-prior': 'VQ, prior', video: 'Video', captioned: 'Captioned', 'masked-diffusion': 'Masked diffusion',
};

/**
 * Returns the name of a panel: a second one of a model has a number.
 * @param {PanelInfo} info
 */
export const nameOf = (info) => (names[info.model] ?? info.title) + (info.id.startsWith(info.model + '-') ? ' ' + info.id.slice(info.model.length + 1) : '');

/**
 * Says how a panel differs from the others of its model, or, where it is the only one, from the defaults; in a worker those are
 * the settings of the first stage.
 * @param {Session} session
 * @param {import('./types.js').Options} options
 * @param {PanelInfo} info
 */
export function differences(session, options, info) {
  const own = choiceOf(session, info), usual = options.backend === 'worker' ? options.start.models.find((m) => m.model === info.model) : undefined;
  const of = options.models.find((m) => m.name === info.model), all = (/** @type {import('./types.js').PanelChoice} */ m) => ({...usual?.set, ...usual?.sampling, ...m.set, ...m.sampling});
  const same = session.current.settings.models.filter((m) => m.model === info.model);
  const value = (/** @type {import('./types.js').PanelChoice} */ m, /** @type {string} */ key) =>
    all(m)[key] ?? [...(of?.knobs ?? []), ...(of?.sampling ?? [])].find((k) => k.key === key)?.default ?? '';
  const keys = [...new Set(same.flatMap((m) => Object.keys(all(m))))].filter((key) => new Set(same.map((m) => value(m, key))).size > 1);
  const words = keys.length > 0 ? keys.map((key) => `${key} ${value(own, key) || 'none'}`)
    : Object.entries({...own.set, ...own.sampling}).filter(([key, v]) => ({...usual?.set, ...usual?.sampling})[key] !== v).map(([key, v]) => `${key} ${v}`);
  return words.length > 4 ? `${words.slice(0, 3).join(', ')} and ${words.length - 3} more` : words.join(', ');
}
