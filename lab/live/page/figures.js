// The figures of a model beside those of the oracle.

import {el} from './dom.js';
import {nameOf} from './names.js';

/** @typedef {import('./types.js').Row} Row */

/** Figures of a panel, in this order. */
const shownRows = ['nll', 'nll_bound', 'nll_train', 'nll_bound_train', 'kl', 'energy_distance', 'modes', 'network_evaluations'];

/** How the kind of a likelihood is written beside its value. */
const kinds = {exact: 'exact', ODE: 'by ODE', bound: 'bound', none: 'none'};

/**
 * Returns the table of a panel. Without figures it has its rows with dashes, so that nothing jumps.
 * @param {import('./types.js').PanelInfo} info
 * @param {import('./types.js').Figures | null} figures
 */
export function figuresTable(info, figures) {
  const known = figures?.rows ?? [];
  const rows = shownRows.flatMap((name) => known.filter((r) => r.name === name));
  const body = el('tbody');
  if (info.likelihood === 'none') body.append(line('NLL', 'none', '', 'A likelihood cannot be computed for this model; press “why?”.'));
  if (rows.length === 0) {
    if (info.likelihood !== 'none') body.append(line(`NLL, ${kinds[info.likelihood]}`, '–', '–'), line('KL(p‖q)', '–', '0'));
    for (const name of ['Energy distance', 'Modes']) body.append(line(name, '–', '–'));
    body.append(line('NFE', String(info.nfe), ''));
  }
  for (const r of rows) body.append(line(titleOf(r), valueOf(r), oracleOf(r), r.help, errorOf(r)));
  return el('table', {}, el('caption', {class: 'hidden'}, `Figures of ${nameOf(info)}${figures ? ` at step ${figures.step}` : ''}`),
    el('thead', {}, el('tr', {}, el('th', {}, el('span', {class: 'hidden'}, 'figure')), el('th', {scope: 'col'}, 'model'), el('th', {scope: 'col'}, 'oracle'))), body);
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} oracle
 * @param {string} [help]
 * @param {string} [error] of the value
 */
function line(name, value, oracle, help, error) {
  return el('tr', {title: help}, el('th', {scope: 'row'}, name), el('td', {}, el('span', {class: 'value'}, value), error ? el('span', {class: 'error'}, ` ± ${error}`) : null), el('td', {}, oracle));
}

/** Writes the standard error of a figure, "" where it has none. @param {Row} r */
function errorOf(r) {
  if (!r.se || !['nll', 'nll_bound', 'kl', 'energy_distance'].includes(r.name)) return '';
  return r.name === 'energy_distance' ? r.se.toFixed(4) : r.se < 0.0005 ? '0.001' : short(r.se);
}

/** @param {Row} r */
function titleOf(r) {
  const kind = /** @type {Record<string, string>} */ (kinds)[r.kind];
  if (r.name.startsWith('nll_bound')) return r.title.includes('train') ? 'NLL of training rows, bound' : 'NLL, bound';
  if (r.name.startsWith('nll')) return kind ? `${r.title}, ${kind}` : r.title;
  return r.title;
}

/** @param {Row} r */
function valueOf(r) {
  if (r.value === null) return '–';
  if (r.name === 'modes' || r.name === 'network_evaluations') return short(r.value);
  if (r.name.startsWith('nll_bound') || (r.name === 'kl' && r.kind === 'bound')) return '≤ ' + r.value.toFixed(3);
  return r.name === 'energy_distance' ? fine(r.value) : short(r.value);
}

/** @param {Row} r */
function oracleOf(r) {
  if (r.oracle === null || r.name === 'network_evaluations') return '';
  return r.name === 'energy_distance' ? fine(r.oracle) : short(r.oracle);
}

/**
 * Writes an energy distance.
 * @param {number} v
 */
export const fine = (v) => (Math.abs(v) < 5e-5 ? 0 : v).toFixed(4).replace('-', '−');

/**
 * Writes a number with three decimals, or three digits where it is large.
 * @param {number} v
 */
export function short(v) {
  if (Math.abs(v) < 0.0005) return v === 0 ? '0' : '0.000';
  const s = Number.isInteger(v) ? String(v) : Math.abs(v) >= 100 ? String(+v.toPrecision(3)) : v.toFixed(3);
  return s.replace('-', '−');
}

/**
 * Says the main figures in a sentence, for screen readers.
 * @param {import('./types.js').PanelInfo} info
 * @param {import('./types.js').Figures} figures
 */
export function spoken(info, figures) {
  const parts = figures.rows.filter((r) => ['nll', 'nll_bound', 'energy_distance', 'modes'].includes(r.name) && r.value !== null)
    .map((r) => `${titleOf(r)} ${valueOf(r)}`);
  return `${nameOf(info)}, step ${figures.step}: ${parts.join(', ')}.`;
}
