// What panels are called.

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./types.js').PanelInfo} PanelInfo */

/**
 * Returns what a panel was asked to be.
 * @param {Session} session
 * @param {PanelInfo} info
 */
export const choiceOf = (session, info) => session.current.settings.models[session.current.panels.findIndex((p) => p.id === info.id)];

/** Short names of the paradigms. @type {Record<string, string>} */
const names = {autoregressive: 'Autoregressive', vae: 'VAE', gan: 'GAN', flow: 'Flow', diffusion: 'Diffusion'};

/**
 * Returns the name of a panel: a second one of a model has a number.
 * @param {PanelInfo} info
 */
export const nameOf = (info) => (names[info.model] ?? info.title) + (info.id.startsWith(info.model + '-') ? ' ' + info.id.slice(info.model.length + 1) : '');
