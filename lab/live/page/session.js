// The session: the stage of the program as the page knows it, and the orders that change it.

import {toHash} from './link.js';
import {massOf, unpack} from './pack.js';
import {Refusal} from './transport.js';

/** @typedef {import('./types.js').Settings} Settings */
/** @typedef {import('./types.js').Stage} Stage */
/** @typedef {import('./types.js').Mark} Mark */

/**
 * What is known of a panel.
 * @typedef {object} Known
 * @property {import('./types.js').Frame | null} frame
 * @property {import('./types.js').Figures | null} figures
 * @property {Mark[]} history
 */

/**
 * Dispatches "stage" (other data, panels or settings), "state" (running, paused, ...), and "frame", "figures" and
 * "history" with the panel's id as detail.
 */
export class Session extends EventTarget {
  /** @param {import('./transport.js').Transport} transport */
  constructor(transport) {
    super();
    this.transport = transport;
    /** @type {Stage | null} */
    this.stage = null;
    /** @type {Map<string, Known>} */
    this.panels = new Map();
    /** @type {import('./types.js').Standard | null} what the race is compared with */
    this.standard = null;
    this.stop = () => {};
    /** @type {import('./plane.js').Mass | null} */
    this.mass = null;
    /** @type {Float32Array} samples of the true distribution, or the training points */
    this.truth = new Float32Array();
  }

  /** @returns {Stage} */
  get current() {
    if (!this.stage) throw new Error('no stage is open');
    return this.stage;
  }

  /**
   * Opens a stage with other settings, or changes the open one.
   * @param {Settings} settings
   * @param {boolean} [start] whether to start it
   */
  async use(settings, start = false) {
    const id = this.stage?.id;
    let stage;
    if (id) stage = await this.transport.ask('PUT', `api/stages/${id}`, settings).catch(ifGone);
    if (!stage) {
      stage = await this.transport.ask('POST', 'api/stages', settings);
      this.attend(stage.id);
    }
    this.adopt(stage);
    if (start) await this.control({do: 'start'});
  }

  /**
   * Goes on with the stage that this tab had before it was loaded again, if it is the one that is wanted.
   * @param {Settings | null} wanted null for any
   */
  async rejoin(wanted) {
    const id = sessionStorage.getItem('stage');
    if (!id) return false;
    const stage = await this.transport.ask('GET', `api/stages/${id}`).catch(ifGone);
    if (!stage || (wanted && toHash(wanted) !== toHash(stage.settings))) return false;
    this.attend(id);
    this.adopt(stage);
    return true;
  }

  /**
   * Orders start, pause, step, restart or speed.
   * @param {{do: string, seed?: number, speed?: number, steps?: number, panel?: string}} order
   */
  async control(order) {
    const stage = await this.transport.ask('POST', `api/stages/${this.current.id}/control`, order);
    if (order.do === 'restart') this.forget();
    this.adopt(stage);
  }

  /**
   * Looks into a model.
   * @param {string} panel
   * @param {string} view
   * @param {object} [options]
   */
  inside(panel, view, options = {}) {
    return this.transport.ask('POST', `api/stages/${this.current.id}/inside`, {panel, view, ...options});
  }

  /** @param {string} id */
  attend(id) {
    this.stop();
    sessionStorage.setItem('stage', id);
    this.stop = this.transport.listen(`api/stages/${id}/events`, (event, data) => this.hear(event, data), (gone) => {
      if (!gone) return this.tell('interrupted');
      this.stop();
      const settings = this.stage?.settings;
      this.stage = null; // it ended while nobody watched
      if (settings) this.use(settings).catch((why) => this.tell('lost', why));
    });
  }

  /**
   * @param {string} event
   * @param {any} data
   */
  hear(event, data) {
    if (!this.stage) return;
    this.tell('connected');
    if (event === 'stage') {
      if (data.changed) this.transport.ask('GET', `api/stages/${this.stage.id}`).then((s) => this.adopt(s), () => {});
      else if (data.panels && data.data) this.adopt(data);
      else if (!(data.serial < this.stage.serial)) {
        Object.assign(this.stage, {serial: data.serial, state: data.state ?? this.stage.state, speed: data.speed ?? this.stage.speed});
        this.tell('state', data.why ?? '');
      }
      return;
    }
    const of = this.panels.get(data.panel);
    if (!of) return;
    if (data.oracle?.n) this.standard = data.oracle;
    if (event === 'frame') {
      if (of.frame && data.step < of.frame.step) this.clear(of); // it began again
      of.frame = data;
    } else if (event === 'figures') {
      of.figures = data;
      const value = (/** @type {string} */ name) => this.row(data, name)?.value ?? null;
      const last = of.history.at(-1);
      if (!last || last[0] < data.step) of.history.push([data.step, data.seconds, data.raced ?? value('energy_distance'), value('kl')]);
    } else if (event === 'history') {
      of.history = data.points;
    }
    this.tell(event, data.panel);
  }

  /**
   * Returns a figure by its name.
   * @param {import('./types.js').Figures | null} figures
   * @param {string} name
   */
  row(figures, name) {
    return figures?.rows.find((r) => r.name === name);
  }

  /** @param {Known} of */
  clear(of) {
    of.frame = null;
    of.figures = null;
    of.history = [];
  }

  /** Forgets what is known of all panels. */
  forget() {
    this.standard = null;
    for (const of of this.panels.values()) this.clear(of);
  }

  /** @param {Stage} stage */
  adopt(stage) {
    const before = this.stage, other = JSON.stringify(before?.settings.data) !== JSON.stringify(stage.settings.data);
    if (before?.id === stage.id && stage.serial < before.serial) { // an answer that a later message has overtaken
      Object.assign(stage, {state: before.state, speed: before.speed, serial: before.serial});
    }
    if (stage.data.density === undefined && before) stage.data.density = before.data.density;
    if (stage.data.truth === undefined && before) stage.data = before.data;
    this.stage = stage;
    if (!before || other || stage.data.density !== before.data.density) this.mass = stage.data.density ? massOf(stage.data.density) : null;
    this.truth = unpack(stage.data.truth, stage.data.range);
    if (other || before?.settings.seed !== stage.settings.seed) this.forget();
    const ids = new Set(stage.panels.map((p) => p.id));
    for (const id of this.panels.keys()) if (!ids.has(id)) this.panels.delete(id);
    for (const id of ids) if (!this.panels.has(id)) this.panels.set(id, {frame: null, figures: null, history: []});
    const hash = '#' + toHash(stage.settings);
    if (location.hash !== hash) history.replaceState(null, '', hash);
    this.tell('stage');
    this.tell('state', '');
  }

  /**
   * @param {string} event
   * @param {any} [detail]
   */
  tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, {detail}));
  }
}

/**
 * Answers null for a stage that is no longer there, and passes all other faults on.
 * @param {unknown} why
 */
function ifGone(why) {
  if (why instanceof Refusal && why.status === 404) return null;
  throw why;
}
