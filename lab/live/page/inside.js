// Looking inside: one view at a time of one model, asked for again while the training goes on.

import {shown} from './colour.js';
import {attempt} from './controls.js';
import {el, get, onScheme, say, set} from './dom.js';
import {density, critic} from './inside_maps.js';
import {digits} from './inside_digits.js';
import {grid} from './inside_grid.js';
import {latent} from './inside_latent.js';
import {origins} from './inside_origins.js';
import {reverse} from './inside_reverse.js';
import {nameOf} from './names.js';

/** @typedef {import('./session.js').Session} Session */

/**
 * What a view gets.
 * @typedef {object} Context
 * @property {Session} session
 * @property {import('./types.js').PanelInfo} info
 * @property {import('./types.js').ModelOption | undefined} option
 * @property {string} colour of the model, on the present paper
 * @property {() => void} ask asks again, after an option changed
 */

/**
 * A view.
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {() => object} options of the request
 * @property {(answer: any) => void} show
 * @property {() => void} draw draws the last answer, on other paper or in another size
 * @property {() => void} [stop]
 */

/** Views by name, with what they are called. @type {Record<string, {title: string, make: (c: Context) => View}>} */
const views = {
  reverse: {title: 'From noise to data', make: reverse},
  grid: {title: 'How the plane is bent', make: grid},
  latent: {title: 'Latent plane and bound', make: latent},
  origins: {title: 'Where samples come from', make: origins},
  critic: {title: 'What the critic sees', make: critic},
  digits: {title: 'Digit by digit', make: digits},
  density: {title: 'Density', make: density},
};

/**
 * @param {Session} session
 * @param {() => import('./types.js').Options} options
 */
export function buildInside(session, options) {
  const host = get('inside');
  let panel = '', name = '', busy = false, again = false, built = '';
  /** @type {View | null} */
  let view = null;
  const follow = el('input', {type: 'checkbox', id: 'follow', checked: true});
  const about = el('span', {class: 'soft', role: 'status'});
  const body = el('div');
  const bar = el('div', {class: 'row'});
  set(host, bar, body);

  const ask = async () => {
    if (host.hidden || !view) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const mine = view;
    try {
      const answer = await session.inside(panel, name, mine.options());
      if (mine === view) {
        mine.show(answer);
        say(about, `at step ${Number(answer.step).toLocaleString('en')}`);
      }
    } catch (why) {
      if (mine === view) say(about, why instanceof Error ? why.message : String(why));
    }
    busy = false;
    if (again) {
      again = false;
      ask();
    }
  };
  const closed = () => session.current.panels.filter((p) => p.views.length === 0 && !p.note)
    .map((p) => `${nameOf(p)}: ${options().models.find((m) => m.name === p.model)?.unseen ?? ''}`);
  const choose = (/** @type {string} */ p, /** @type {string} */ n) => {
    const info = session.current.panels.find((x) => x.id === p && x.views.length > 0) ?? session.current.panels.find((x) => x.views.length > 0);
    view?.stop?.();
    view = null;
    if (!info) {
      set(body, el('p', {}, 'None of the models on the stage can be looked into.'), el('ul', {}, ...closed().map((t) => el('li', {}, t))));
      set(bar);
      return;
    }
    const known = info.views.filter((v) => views[v]);
    panel = info.id;
    name = known.includes(n) ? n : known[0];
    const models = el('select', {id: 'insidemodel', onchange: () => choose(models.value, name)},
      ...session.current.panels.filter((x) => x.views.some((v) => views[v])).map((x) => el('option', {value: x.id}, nameOf(x))));
    const which = el('select', {id: 'insideview', onchange: () => choose(panel, which.value)}, ...known.map((v) => el('option', {value: v}, views[v].title)));
    models.value = panel;
    which.value = name;
    const had = document.activeElement?.id;
    set(bar, el('label', {for: 'insidemodel'}, 'model', models), el('label', {for: 'insideview'}, 'view', which), el('label', {}, follow, 'follow the training'), about);
    if (had === 'insidemodel') models.focus();
    if (had === 'insideview') which.focus();
    const option = options().models.find((m) => m.name === info.model);
    view = views[name].make({session, info, option, colour: shown(info.colour), ask: () => { attempt(ask); }});
    set(body, view.element, ...closed().map((t) => el('p', {class: 'soft small'}, t)));
    ask();
  };
  session.addEventListener('stage', () => {
    const key = JSON.stringify(session.current.panels.map((p) => [p.id, p.views])) + session.current.settings.data.name;
    if (key === built && view) {
      ask();
      return;
    }
    built = key;
    if (!host.hidden) choose(panel, name);
    else view = null;
  });
  setInterval(() => {
    if (!host.hidden && !document.hidden && follow.checked && session.stage?.state === 'running') ask();
  }, 2500);
  onScheme(() => {
    if (view) choose(panel, name);
  });
  addEventListener('resize', () => view?.draw());
  return {
    /** Shows a model, and a view of it unless it is "". */
    show: choose,
    opened: () => (view ? ask() : choose(panel, name)),
  };
}
