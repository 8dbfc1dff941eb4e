// The stage: a panel for the data and one for each model, all with the same axes.

import {labelColour, refresh, shown} from './colour.js';
import {el, get, onScheme, say, set, still} from './dom.js';
import {figuresTable} from './figures.js';
import {Motion} from './motion.js';
import {choiceOf, differences, nameOf} from './names.js';
import {unpack} from './pack.js';
import {Plane} from './plane.js';
import {explainer, figuresExplainer} from './words.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./types.js').PanelInfo} PanelInfo */

/** A panel of the stage. */
class View {
  /**
   * @param {Session} session
   * @param {import('./types.js').Options} options
   * @param {PanelInfo | null} info null for the data
   * @param {(panel: string, view?: string) => void} lookInside
   */
  constructor(session, options, info, lookInside) {
    this.session = session;
    this.info = info;
    this.motion = new Motion();
    /** @type {number[] | null} */
    this.labels = null;
    this.canvas = el('canvas', {role: 'img'});
    this.plane = new Plane(this.canvas);
    this.step = el('p', {class: 'step'});
    this.figures = el('div', {class: 'figures'});
    this.wrong = el('p', {class: 'wrong', hidden: true});
    const swatch = el('span', {class: 'swatch', 'aria-hidden': 'true'});
    swatch.style.setProperty('--of', info ? shown(info.colour) : 'var(--ink)');
    const title = info ? nameOf(info) : 'True distribution';
    const set = info && differences(session, options, info);
    const foot = el('div', {class: 'foot'}, ...info ? [
      info.views.length > 0 && el('button', {class: 'plain', type: 'button', 'aria-label': `Look inside: ${title}`, onclick: () => lookInside(info.id)}, 'look inside'),
      explainer(info, lookInside)] : [figuresExplainer()]);
    this.element = el('article', {class: 'panel', 'aria-label': title},
      el('h2', {}, swatch, el('span', {title: info?.title}, title), set ? el('span', {class: 'with'}, set) : null), this.step, this.canvas, this.wrong, this.figures, foot);
    this.drawn = '';
  }

  /** Shows the stage's data, and what is known of the panel. */
  renew() {
    const stage = this.session.current;
    this.plane.show(stage.data.box, this.session.mass);
    if (!this.info) {
      this.motion.aim(this.session.truth, true);
      this.labels = stage.panels.some((p) => p.labels) ? stage.data.truth_labels : null;
      say(this.step, stage.data.points ? `${stage.data.points.toLocaleString('en')} points` : 'a fresh sample of it');
      set(this.figures, dataNote(stage));
      this.canvas.setAttribute('aria-label', `${stage.data.title}: ${stage.data.points ? 'the training points' : 'samples over regions of 50, 80 and 95 % of the mass'}`);
    } else {
      this.wrong.hidden = !this.info.note;
      say(this.wrong, upper(this.info.note));
      this.frame();
      this.score();
    }
    this.drawn = '';
  }

  /** Takes the last snapshot of the model. */
  frame() {
    const info = this.info, frame = info && this.session.panels.get(info.id)?.frame;
    if (!info) return;
    if (!frame) {
      this.motion.aim(new Float32Array(), true);
      say(this.step, info.note ? '' : `step 0 of ${count(info.steps)}`);
    } else {
      this.motion.aim(unpack(frame.points, this.session.current.data.range), still());
      this.labels = frame.labels;
      const rate = frame.rate > 0 && this.session.current.state === 'running' && !frame.state ? ` · ${count(frame.rate)}/s` : '';
      say(this.step, `step ${count(frame.step)} of ${count(info.steps)}${rate}`);
      const diverged = frame.state.startsWith('diverged');
      const away = outside(this.motion.to, this.session.current.data.box);
      say(this.wrong, diverged ? `Training ${frame.state}. Try a smaller learning rate.` : (frame.failed ? `No samples yet: ${frame.failed.split(':')[0]}.` : '') || upper(info.note) || (away > 0.25 ? `${Math.round(100 * away)} % of the samples are outside the picture.` : ''));
      this.wrong.hidden = this.wrong.textContent === '';
    }
    this.canvas.setAttribute('aria-label', `${info.title}: ${frame ? `${frame.points.length * 3 / 16 | 0} samples at step ${frame.step}` : 'no samples yet'}, over the true density`);
    this.drawn = '';
  }

  /** Takes the last figures of the model. */
  score() {
    if (this.info) set(this.figures, figuresTable(this.info, this.session.panels.get(this.info.id)?.figures ?? null));
  }

  /**
   * Draws the panel if anything changed.
   * @param {number} t
   */
  draw(t) {
    const size = `${this.canvas.clientWidth}x${this.canvas.clientHeight}`;
    if (!this.motion.moving && this.drawn === size) return;
    this.motion.move(t);
    this.plane.clear();
    const labels = this.labels, one = this.info ? shown(this.info.colour) : shown('#000000');
    this.plane.points(this.motion.now, labels ? (i) => labelColour(labels[i]) : one);
    if (!this.motion.moving) this.drawn = size;
  }
}

/**
 * Builds the stage and keeps it up to date.
 * @param {Session} session
 * @param {import('./types.js').Options} options
 * @param {(panel: string, view?: string) => void} lookInside
 */
export function buildStage(session, options, lookInside) {
  const host = get('stage');
  /** @type {View[]} */
  let views = [];
  let built = '';
  const by = (/** @type {Event} */ e) => views.find((v) => v.info?.id === /** @type {CustomEvent} */ (e).detail);
  session.addEventListener('stage', () => {
    const stage = session.current, key = JSON.stringify(stage.panels.map((p) => [p, choiceOf(session, p)]));
    if (key !== built) {
      views = [null, ...stage.panels].map((info) => new View(session, options, info, lookInside));
      const grid = el('div', {class: 'stage'}, ...views.map((v) => v.element));
      grid.style.setProperty('--panels', String(Math.min(views.length, 6)));
      set(host, grid);
      host.setAttribute('aria-busy', 'false');
      built = key;
      performance.mark('stage');
    }
    for (const v of views) v.renew();
  });
  session.addEventListener('frame', (e) => by(e)?.frame());
  session.addEventListener('figures', (e) => by(e)?.score());
  session.addEventListener('state', () => views.forEach((v) => v.frame()));
  onScheme(() => {
    refresh();
    for (const v of views) {
      v.drawn = '';
      if (v.info) /** @type {HTMLElement} */ (v.element.querySelector('.swatch')).style.setProperty('--of', shown(v.info.colour));
    }
  });
  const tick = (/** @type {number} */ t) => {
    for (const v of views) v.draw(t);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

/** @param {import('./types.js').Stage} stage */
function dataNote(stage) {
  const d = stage.data;
  return el('div', {class: 'small soft'},
    el('p', {}, d.density ? 'Dots: samples. Grey: the smallest regions with 50, 80 and 95 % of the probability, the same in all panels.' : 'Dots: the points that the models learn from.'),
    el('p', {}, described(d)),
    d.entropy !== null ? el('p', {}, `Entropy ${d.entropy.toFixed(3)} nats: no model can have a lower NLL.`) : el('p', {}, 'Its density is not known, so there is no best NLL to compare with.'));
}

/** Says what the data are. @param {import('./types.js').StageData} d */
function described(d) {
  return upper(d.title.replace(/,?\s*\[[a-z]+\d{4}\]/g, '') || d.name) + '.';
}

/**
 * Returns the share of points outside a box.
 * @param {Float32Array} points
 * @param {import('./plane.js').Box} box
 */
function outside(points, [x0, x1, y0, y1]) {
  let n = 0;
  for (let i = 0; i < points.length; i += 2) if (!(points[i] >= x0 && points[i] <= x1 && points[i + 1] >= y0 && points[i + 1] <= y1)) n++;
  return n / Math.max(points.length / 2, 1);
}

/** @param {string} s */
const upper = (s) => s.charAt(0).toUpperCase() + s.slice(1);

/** @param {number} n */
export const count = (n) => (n >= 10 ? Math.round(n) : +n.toPrecision(2)).toLocaleString('en');
