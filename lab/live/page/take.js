// Taking it away: link, run folders, pictures and commands.

import {attempt} from './controls.js';
import {announce, download, el, get, say, set} from './dom.js';
import {nameOf} from './names.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {{panel: string, dir: string, step: number, steps: number, complete: boolean, files: string[], train: string, next: string}} SavedRun */

/**
 * @param {Session} session
 * @param {import('./types.js').Options} options
 */
export function buildTake(session, options) {
  const done = el('p', {role: 'status', class: 'soft', id: 'taken'}), saved = el('div', {id: 'saved'}), commands = el('div');
  const copy = (/** @type {string} */ text, /** @type {string} */ what) => attempt(async () => {
    await navigator.clipboard.writeText(text);
    say(done, `${what} copied.`);
  });
  const share = el('button', {type: 'button', id: 'share', onclick: () => {
    const link = location.href;
    address.value = link;
    say(done, link.length > 8000 ? `The link has ${link.length.toLocaleString('en')} characters, because it holds your points; some programs cut off long links.` : '');
    copy(link, 'Link');
  }}, 'Copy the link');
  const address = el('input', {type: 'text', readOnly: true, id: 'address', 'aria-label': 'Link to this stage', onfocus: () => address.select()});
  const save = el('button', {type: 'button', id: 'save', onclick: () => attempt(async () => {
    save.disabled = true;
    say(done, 'Saving; this takes some seconds, the training goes on…');
    try {
      const answer = await session.transport.ask('POST', `api/stages/${session.current.id}/save`, {});
      set(saved, ...answer.runs.map(savedRun), answer.compare && el('p', {}, 'Compare them: ', command(answer.compare)));
      say(done, `${answer.runs.length} run folders are written.`);
    } finally {
      save.disabled = false;
    }
  })}, 'Save as run folders');
  const picture = (/** @type {string} */ kind, /** @type {string} */ name, /** @type {string} */ text) => options.cannot[name] === undefined
    && el('button', {type: 'button', id: kind, onclick: () => attempt(async () => {
      say(done, 'Drawing…');
      download(`genlab-live-${session.current.data.name.replace(/\W+/g, '_')}.${kind}`, await session.transport.bytes(`api/stages/${session.current.id}/${name}`));
      say(done, `${text} is in your downloads.`);
      announce(`${text} is in your downloads.`);
    })}, text);
  const command = (/** @type {string} */ text) => el('code', {class: 'command'}, text);
  set(get('take'), el('div', {class: 'wide'},
    el('div', {},
      el('h2', {}, 'A link'), el('p', {}, 'The address of this page holds the data (also points you drew), seed and all settings. Whoever opens it gets the same numbers, on another machine of the same kind to the last digit.'),
      el('div', {class: 'row'}, share), address,
      el('h2', {}, 'Pictures'), el('div', {class: 'row'}, picture('png', 'picture.png', 'PNG of the stage'), picture('gif', 'picture.gif', 'GIF of the training')),
      ...['picture.png', 'picture.gif'].filter((n) => options.cannot[n]).map((n) => el('p', {class: 'soft'}, `No ${n.slice(8).toUpperCase()} here: ${options.cannot[n]}`)),
      el('h2', {}, 'Run folders'), el('p', {}, 'Ordinary folders of genlab, the same as “genlab train” writes with these settings, for eval, sample and compare. A model in the middle of its training is saved with its checkpoint, to be continued with --resume.'),
      options.cannot.save ? el('p', {class: 'soft'}, `Not possible here: ${options.cannot.save}`) : el('div', {class: 'row'}, save), done, saved),
    el('div', {}, el('h2', {}, 'The same on the command line'), commands)));

  function savedRun(/** @type {SavedRun} */ r) {
    return el('div', {}, el('p', {}, el('b', {}, r.dir), r.complete ? ` is complete (${r.files.length} files).` : ` stopped at step ${r.step.toLocaleString('en')} of ${r.steps.toLocaleString('en')}.`), r.next && command(r.next));
  }
  session.addEventListener('stage', () => {
    const s = session.current;
    address.value = location.href;
    const one = (/** @type {string} */ title, /** @type {string} */ text) => text ? [el('h3', {}, title), command(text)] : [];
    set(commands, ...one('This stage', s.command), ...one('All models on one page', s.compare), ...s.panels.flatMap((p) => one(nameOf(p), p.command)));
  });
}
