// The address: everything that determines the numbers, so that a link reproduces the page.

import {pointsToText, textToPoints} from './pack.js';

/** @typedef {import('./types.js').Settings} Settings */

/** Points in a panel where the address does not say. */
const usual = 600;

/**
 * Writes settings as the fragment of an address:
 * "data=moons&seed=2&panel=diffusion,lr:0.002,@nfe:20&panel=flow"; "@" marks sampling options.
 * @param {Settings} s
 */
export function toHash(s) {
  const parts = ['data=' + encodeURIComponent(s.data.name)];
  if ('points' in s.data) parts.push('points=' + pointsToText(s.data.points, s.data.labels));
  parts.push('seed=' + s.seed);
  if (s.samples && s.samples !== usual) parts.push('samples=' + s.samples);
  for (const m of s.models) {
    const fields = [m.model];
    for (const [key, value] of Object.entries(m.set ?? {})) fields.push(`${key}:${encodeURIComponent(value)}`);
    for (const [key, value] of Object.entries(m.sampling ?? {})) fields.push(`@${key}:${encodeURIComponent(value)}`);
    parts.push('panel=' + fields.join(','));
  }
  return parts.join('&');
}

/**
 * Reads the fragment of an address, null for an empty one. It throws where it is not one of this page.
 * @param {string} hash with or without "#"
 * @returns {Settings | null}
 */
export function fromHash(hash) {
  const text = hash.replace(/^#/, '');
  if (text === '') return null;
  /** @type {Settings} */
  const s = {data: {name: '8gaussians'}, seed: 1, models: []};
  for (const part of text.split('&')) {
    const cut = part.indexOf('='), key = part.slice(0, cut), value = part.slice(cut + 1);
    switch (key) {
      case 'data': s.data = {...s.data, name: decodeURIComponent(value)}; break;
      case 'points': s.data = {...s.data, ...textToPoints(value)}; break;
      case 'seed': s.seed = whole(key, value); break;
      case 'samples': s.samples = whole(key, value); break;
      case 'panel': s.models.push(panelOf(value)); break;
      default: throw new Error(`the link has an unknown part “${part.slice(0, 40)}”`);
    }
  }
  if (s.models.length === 0) throw new Error('the link names no model');
  return s;
}

/** @param {string} key @param {string} value */
function whole(key, value) {
  if (!/^\d{1,15}$/.test(value)) throw new Error(`${key} of the link is “${value}”, but must be a whole number`);
  return Number(value);
}

/**
 * @param {string} text
 * @returns {import('./types.js').PanelChoice}
 */
function panelOf(text) {
  const [model, ...fields] = text.split(',');
  /** @type {Record<string, string>} */
  const set = {};
  /** @type {Record<string, string>} */
  const sampling = {};
  for (const f of fields) {
    const cut = f.indexOf(':');
    if (cut < 1) throw new Error(`the link has an unknown setting “${f}” of ${model}`);
    const value = decodeURIComponent(f.slice(cut + 1));
    if (f.startsWith('@')) sampling[f.slice(1, cut)] = value;
    else set[f.slice(0, cut)] = value;
  }
  return {model, set, sampling};
}
