// The strip of lessons, the ten questions and the four of the map, each with a live run.

import {shown} from './colour.js';
import {attempt} from './controls.js';
import {announce, el, fill, get, set} from './dom.js';
import {lessons} from './lessons.js';
import {toHash} from './link.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./lessons.js').Lesson} Lesson */
/** @typedef {import('./types.js').Settings} Settings */

/** What the course does on the page. @typedef {{inside: (panel: string, view: string) => void, open: (tab: string) => void}} Page */

/**
 * @param {Session} session
 * @param {import('./types.js').Options} options
 * @param {Page} page
 */
export function buildCourse(session, options, page) {
  const host = get('course'), body = el('div', {id: 'lesson'});
  const colour = (/** @type {string} */ model) => {
    const of = options.models.find((m) => m.name === model);
    return of ? shown(of.colour) : 'var(--mark)';
  };
  const run = (/** @type {Settings} */ settings) => attempt(async () => {
    await session.use(options.backend === 'worker' ? lighter(settings, options.start) : settings, true);
    get('stage').scrollIntoView({block: 'nearest'});
    announce('The stage is set and the training has begun.');
  });
  const act = (/** @type {import('./lessons.js').Task} */ t) => {
    if (t.use) run(t.use);
    else if (t.inside) page.inside(...t.inside);
    else if (t.open) page.open(t.open);
  };
  const lesson = (/** @type {Lesson} */ l, /** @type {number} */ i) => {
    const box = el('article', {class: 'lesson', 'aria-label': `Lesson ${i + 1}`}, close(), el('h2', {}, `${i + 1}. ${l.title}`),
      el('div', {class: 'columns'},
        el('div', {}, ...l.know.map((p) => el('p', {}, p))),
        el('div', {}, el('h3', {}, 'Do'), el('ol', {}, ...l.todo.map((t) => el('li', {}, t.text, ' ', t.button && el('button', {type: 'button', onclick: () => act(t)}, t.button))))),
        el('div', {}, el('h3', {}, 'What you should see'), el('ul', {}, ...l.see.map((s) => el('li', {}, s))), el('details', {}, el('summary', {}, `Think: ${l.ask}`), el('p', {}, l.answer)))));
    box.style.setProperty('--of', colour(l.of));
    return box;
  };
  let opened = '';
  /** @type {Map<string, HTMLButtonElement>} */
  const buttons = new Map();
  const show = async (/** @type {string} */ key, /** @type {() => HTMLElement | Promise<HTMLElement>} */ make) => {
    opened = opened === key ? '' : key;
    for (const [k, b] of buttons) b.setAttribute('aria-expanded', String(k === opened));
    set(body);
    if (!opened) return;
    const element = await make();
    if (opened === key) set(body, element);
  };
  const close = () => el('button', {type: 'button', class: 'plain close', onclick: () => {
    const b = buttons.get(opened);
    if (b) {
      b.click();
      b.focus();
    }
  }}, 'close');
  const entry = (/** @type {string} */ key, /** @type {string} */ text, /** @type {() => HTMLElement | Promise<HTMLElement>} */ make) => {
    const b = el('button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': 'lesson', onclick: () => attempt(() => show(key, make))}, text);
    buttons.set(key, b);
    return b;
  };
  /** @type {Promise<{cards: import('./types.js').Card[], questions: import('./types.js').Question[]}> | null} */
  let map = null;
  /** @returns {Promise<{cards: import('./types.js').Card[], questions: import('./types.js').Question[]}>} */
  const known = () => (map ??= session.transport.ask('GET', 'api/map'));
  const tryIt = (/** @type {Settings | null | undefined} */ stage, /** @type {string | undefined} */ see) => {
    if (!stage) return null;
    const said = el('p', {hidden: true, role: 'status'}, see ?? '');
    return el('div', {}, el('button', {type: 'button', onclick: () => { said.hidden = !see; run(stage); }}, 'Answer it with a live run'), said);
  };
  const cards = async () => {
    const list = (await known()).cards;
    return el('article', {class: 'lesson', 'aria-label': 'Ten questions'}, close(), el('h2', {}, 'Ten questions about generative models'),
      el('p', {class: 'soft'}, 'Guess first, then open the answer, then let the stage confirm it.'),
      el('ol', {class: 'cards'}, ...list.map((c, i) => el('li', {}, el('details', {name: 'cards'}, el('summary', {}, `${i + 1}. ${c.question || c.title}`),
        el('p', {}, c.answer || c.text), tryIt(c.stage, c.see))))));
  };
  const questions = async () => {
    const list = (await known()).questions;
    return el('article', {class: 'lesson', 'aria-label': 'Four questions'}, close(), el('h2', {}, 'Four questions that place a model on the map'),
      el('p', {class: 'soft'}, 'Models differ in what they optimise, in how they sample, and in what they give up for it. Press an answer: the stage trains the models that it is true of.'),
      el('div', {class: 'columns'}, ...list.map((q) => {
        const see = el('div', {role: 'status'});
        return el('div', {}, el('h3', {}, q.title || q.text), q.title && q.text !== q.title && el('p', {class: 'soft'}, q.text),
          el('div', {class: 'answers'}, ...(q.answers ?? []).map((a) => {
            const answer = typeof a === 'string' ? {text: a, stage: null, see: ''} : a;
            return answer.stage ? el('button', {type: 'button', onclick: () => { set(see, el('p', {}, answer.see ?? '')); run(/** @type {Settings} */ (answer.stage)); }}, answer.text) : el('span', {}, answer.text);
          })), see, tryIt(q.stage, q.see));
      })));
  };
  const print = (/** @type {(host: Element) => Promise<void> | void} */ fillIn) => attempt(async () => {
    const paper = get('printed');
    set(paper);
    await fillIn(paper);
    window.print();
  });
  const home = el('button', {type: 'button', class: 'plain', id: 'home', hidden: true, onclick: () => attempt(() => session.use(options.start))}, 'Back to the first stage');
  session.addEventListener('stage', () => { home.hidden = toHash(session.current.settings) === toHash(options.start); });
  set(host, el('div', {class: 'strip'}, el('span', {}, 'Lessons:'),
    ...lessons.map((l, i) => entry(`lesson-${i}`, `${i + 1} ${l.title.split(':')[0]}`, () => lesson(l, i))),
    entry('cards', 'Ten questions', cards), entry('questions', 'Four questions', questions), home,
    el('button', {type: 'button', class: 'plain', onclick: () => print(onPaper)}, 'Print the lessons'),
    el('button', {type: 'button', class: 'plain', onclick: () => print(async (paper) => cardsOnPaper(paper, (await known()).cards))}, 'Print the questions')), body);
  onPaper(get('printed'));
}

/**
 * Returns settings for a worker, which is slower: a model that the first stage has gets that stage's settings, where the
 * lesson does not choose its own.
 * @param {Settings} settings
 * @param {Settings} first
 * @returns {Settings}
 */
function lighter(settings, first) {
  const models = settings.models.map((m) => {
    const light = first.models.find((f) => f.model === m.model);
    return {model: m.model, set: {...light?.set, ...m.set}, sampling: {...light?.sampling, ...m.sampling}};
  });
  return {...settings, models};
}

/**
 * Writes all lessons for printing, one a page.
 * @param {Element} paper
 */
function onPaper(paper) {
  fill(paper, lessons.map((l, i) => el('article', {}, el('p', {class: 'small'}, `genlab live · lesson ${i + 1} of ${lessons.length}`), el('h2', {}, l.title),
    ...l.know.map((p) => el('p', {}, p)),
    el('h3', {}, 'Do'), el('ol', {}, ...l.todo.map((t) => el('li', {}, t.text))),
    el('h3', {}, 'What you should see'), el('ul', {}, ...l.see.map((s) => el('li', {}, s))),
    el('p', {}, el('b', {}, 'Think: '), l.ask), el('p', {class: 'answer'}), el('p', {class: 'answer'}))));
}

/**
 * @param {Element} paper
 * @param {import('./types.js').Card[]} cards
 */
function cardsOnPaper(paper, cards) {
  fill(paper, cards.map((c, i) => el('article', {}, el('p', {class: 'small'}, `genlab live · question ${i + 1} of ${cards.length}`), el('h2', {}, c.question || c.title),
    el('p', {}, c.answer || c.text), c.see ? el('p', {}, el('b', {}, 'Try it: '), c.see) : null)));
}
