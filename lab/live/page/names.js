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
 * Says how a panel differs from the defaults; in a worker, from the first stage, whose settings are the usual ones there.
 * @param {Session} session
 * @param {import('./types.js').Options} options
 * @param {PanelInfo} info
 */
export function differences(session, options, info) {
  const own = choiceOf(session, info), usual = options.backend === 'worker' ? options.start.models.find((m) => m.model === info.model) : undefined;
  const differing = (/** @type {Record<string, string> | undefined} */ of, /** @type {Record<string, string> | undefined} */ from) =>
    Object.entries(of ?? {}).filter(([k, v]) => from?.[k] !== v).map(([k, v]) => `${k} ${v}`);
  const all = [...differing(own.set, usual?.set), ...differing(own.sampling, usual?.sampling)];
  return all.length > 4 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ');
}
