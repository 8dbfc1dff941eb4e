// Models and settings: which panels there are, and the knobs of each.

import {attempt} from './controls.js';
import {el, get, say, set, tell} from './dom.js';
import {nameOf} from './names.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./types.js').Options} Options */
/** @typedef {import('./types.js').Knob} Knob */
/** @typedef {import('./types.js').Settings} Settings */

/** Deep copy of settings. */
const copy = (/** @type {Settings} */ s) => /** @type {Settings} */ (structuredClone(s));

/** The tab with the knobs. */
export class Models {
  /**
   * @param {Session} session
   * @param {Options} options
   */
  constructor(session, options) {
    this.session = session;
    this.options = options;
    /** @type {Settings | null} what the reader wants, also while it is invalid */
    this.draft = null;
    /** @type {Map<string, {input: HTMLInputElement | HTMLSelectElement, wrong: HTMLElement, changed: HTMLElement, knob: Knob, group: 'set' | 'sampling', panel: number}>} */
    this.fields = new Map();
    /** @type {HTMLElement[]} number of changed settings of each panel */
    this.counts = [];
    this.built = this.seen = '';
    /** @type {Set<string>} details that are open */
    this.open = new Set();
    session.addEventListener('stage', () => this.renew());
  }

  /** Takes the options for other data. @param {Options} options */
  use(options) {
    const other = JSON.stringify(options.models) !== JSON.stringify(this.options.models);
    this.options = options;
    if (!other) return;
    this.built = '';
    this.renew();
  }

  renew() {
    if (!this.session.stage) return;
    const seen = JSON.stringify(this.session.stage.settings);
    if (seen === this.seen && this.built !== '') return; // what the reader is editing stays
    this.seen = seen;
    this.draft = copy(this.session.stage.settings);
    const key = JSON.stringify([this.draft.models.map((m) => m.model), this.session.stage.panels.map((p) => [p.id, p.labels])]);
    if (key !== this.built) this.build();
    this.built = key;
    this.values();
    this.faults([]);
  }

  build() {
    const draft = /** @type {Settings} */ (this.draft), stage = this.session.current;
    this.fields.clear();
    const add = el('select', {id: 'addmodel'}, ...['paradigm', 'hybrid', 'baseline'].map((role) => {
      const of = this.options.models.filter((m) => m.role === role);
      return of.length > 0 && el('optgroup', {label: role + 's'}, ...of.map((m) => el('option', {value: m.name, disabled: !m.fits, title: m.fits ? m.summary : m.why_not}, m.title)));
    }));
    const full = draft.models.length >= this.options.limits.models;
    const unfit = this.options.models.filter((m) => !m.fits);
    set(get('models'),
      el('p', {}, 'A panel learns with its own settings. A change of a setting of training begins that panel again; sampling settings apply at once to the model as it is. Two panels of one model show what a setting does.'),
      el('div', {class: 'row'}, el('label', {for: 'addmodel'}, 'add a panel', add),
        el('button', {type: 'button', id: 'add', disabled: full, onclick: () => this.change((s) => s.models.push({model: add.value}))}, 'Add'),
        full && el('span', {class: 'soft'}, `${draft.models.length} panels are the most.`)),
      unfit.length > 0 && el('details', {class: 'unfit'}, el('summary', {class: 'small'}, `${unfit.length} models cannot learn these data: why?`),
        el('ul', {class: 'soft small'}, ...unfit.map((m) => el('li', {}, `${m.title}: ${m.why_not}. `,
          m.on && el('button', {type: 'button', class: 'plain', onclick: () => this.alone(m)}, `show it on ${m.on}`))))),
      ...draft.models.map((m, i) => this.section(m.model, i, stage.panels[i] ? nameOf(stage.panels[i]) : m.model)));
  }

  /**
   * @param {string} model
   * @param {number} i
   * @param {string} title
   */
  section(model, i, title) {
    const of = this.options.models.find((m) => m.name === model), draft = /** @type {Settings} */ (this.draft);
    if (!of) return el('div', {class: 'settings'}, el('h3', {}, title), el('p', {class: 'fault'}, `There is no model ${model}.`));
    const swatch = el('span', {class: 'swatch', 'aria-hidden': 'true'});
    swatch.style.setProperty('--of', of.colour);
    const first = of.knobs.filter((k) => k.telling || ['lr', 'hidden', 'layers', 'batch', 'steps'].includes(k.key));
    const rest = of.knobs.filter((k) => !first.includes(k));
    const key = `${i}-${model}`, details = el('details', {open: this.open.has(key), ontoggle: () => (details.open ? this.open.add(key) : this.open.delete(key))}, el('summary', {}, `${rest.length} more settings`),
      el('div', {class: 'knobs'}, ...rest.map((k) => this.field(k, 'set', i))));
    const whole = `panel-${key}`, changed = el('span', {class: 'soft small'});
    this.counts[i] = changed;
    const box = el('details', {class: 'settings', name: 'settings', open: this.open.has(whole) || i === 0, ontoggle: () => (box.open ? this.open.add(whole) : this.open.delete(whole))},
      el('summary', {}, swatch, ` ${title} `, changed),
      el('div', {class: 'row'},
        el('button', {type: 'button', class: 'plain', 'aria-label': `Copy ${title}`, disabled: draft.models.length >= this.options.limits.models, onclick: () => this.change((s) => s.models.splice(i + 1, 0, structuredClone(s.models[i])))}, 'copy'),
        el('button', {type: 'button', class: 'plain', 'aria-label': `Remove ${title}`, disabled: draft.models.length === 1, onclick: () => this.change((s) => s.models.splice(i, 1))}, 'remove'),
        el('button', {type: 'button', class: 'plain', 'aria-label': `Defaults of ${title}`, onclick: () => this.change((s) => { s.models[i] = {model}; })}, 'defaults')),
      el('p', {class: 'soft small'}, of.summary + (of.likelihood_note ? ' ' + of.likelihood_note : '')),
      el('div', {class: 'knobs'}, ...first.sort((a, b) => Number(b.telling) - Number(a.telling)).map((k) => this.field(k, 'set', i))),
      rest.length > 0 && details,
      of.sampling.length > 0 && el('fieldset', {}, el('legend', {class: 'small'}, 'Sampling, at once'), el('div', {class: 'knobs'}, ...of.sampling.map((k) => this.field(k, 'sampling', i)))));
    return box;
  }

  /**
   * @param {Knob} knob
   * @param {'set' | 'sampling'} group
   * @param {number} panel
   */
  field(knob, group, panel) {
    const id = `knob-${panel}-${group}-${knob.key}`;
    const edit = () => this.edit(id);
    const shared = {id, 'aria-describedby': `${id}-about ${id}-wrong`, onchange: edit};
    const choices = knob.kind === 'bool' ? ['true', 'false'] : knob.choices;
    const input = choices ? el('select', shared, ...choices.map((c) => el('option', {value: c}, c)))
      : el('input', {...shared, type: 'text', autocomplete: 'off', spellcheck: false, inputMode: knob.kind === 'int' ? 'numeric' : knob.kind === 'float' ? 'decimal' : 'text'});
    const wrong = el('p', {class: 'wrong', id: `${id}-wrong`}), changed = el('span', {class: 'changed'});
    this.fields.set(id, {input, wrong, changed, knob, group, panel});
    return el('div', {class: 'knob'}, el('label', {for: id}, knob.key, ' ', changed), input, wrong,
      el('p', {id: `${id}-about`}, knob.expect || upper(knob.help) + '.', knob.range ? ` Range: ${knob.range}.` : ''));
  }

  /** Takes what a field says, and tries the settings. @param {string} id */
  edit(id) {
    const f = this.fields.get(id);
    if (!f || !this.draft) return;
    const value = f.input.value.trim(), of = this.draft.models[f.panel], group = (of[f.group] ??= {});
    if (value === f.knob.default) delete group[f.knob.key];
    else group[f.knob.key] = value;
    return this.send(this.draft);
  }

  /** Sets a stage of one model on the data that it learns. @param {import('./types.js').ModelOption} m */
  alone(m) {
    return this.send({...copy(this.session.current.settings), data: {name: m.on}, models: [{model: m.name}]});
  }

  /** @param {(s: Settings) => unknown} how */
  change(how) {
    const s = copy(this.session.current.settings);
    how(s);
    return this.send(s);
  }

  /** @param {Settings} s */
  send(s) {
    return attempt(async () => {
      /** @type {import('./types.js').Fault[]} */
      const faults = (await this.session.transport.ask('POST', 'api/check', s)).fields;
      this.faults(faults);
      const elsewhere = faults.filter((f) => !this.find(f));
      if (elsewhere.length) throw new Error(elsewhere.map((f) => `${f.key}: ${f.message}`).join('. '));
      if (faults.length === 0) await this.session.use(s);
    });
  }

  /** Shows the values of the draft. */
  values() {
    this.draft?.models.forEach((m, i) => {
      const n = Object.keys({...m.set, ...m.sampling}).length;
      if (this.counts[i]) say(this.counts[i], n > 0 ? `${n} changed` : '');
    });
    for (const f of this.fields.values()) {
      const set = this.draft?.models[f.panel]?.[f.group] ?? {}, value = set[f.knob.key] ?? f.knob.default;
      if (f.input.value !== value) f.input.value = value;
      say(f.changed, f.knob.key in set ? `(default ${f.knob.default})` : '');
    }
  }

  /** @param {import('./types.js').Fault} fault */
  find(fault) {
    return [...this.fields.values()].find((f) => f.panel === fault.panel && f.knob.key === fault.key);
  }

  /** Shows faults beside their fields. @param {import('./types.js').Fault[]} faults */
  faults(faults) {
    for (const f of this.fields.values()) {
      const fault = faults.find((x) => this.find(x) === f);
      say(f.wrong, fault ? fault.message : '');
      f.wrong.hidden = !fault;
      f.input.setAttribute('aria-invalid', String(!!fault));
    }
    if (faults.length) tell('');
  }
}

/** @param {string} s */
const upper = (s) => s.charAt(0).toUpperCase() + s.slice(1);
