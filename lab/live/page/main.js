// The page of genlab live: connects, builds the parts, opens the stage of the address.

import {buildControls} from './controls.js';
import {buildCourse} from './course.js';
import {buildData} from './data.js';
import {get, say, tell} from './dom.js';
import {buildInside} from './inside.js';
import {fromHash} from './link.js';
import {Models} from './models.js';
import {buildRace} from './race.js';
import {Session} from './session.js';
import {buildStage} from './stage.js';
import {buildTabs} from './tabs.js';
import {buildTake} from './take.js';
import {connect} from './transport.js';

/** @typedef {import('./types.js').Settings} Settings */
/** @typedef {import('./types.js').Options} Options */

async function main() {
  const transport = connect(), session = new Session(transport);
  /** @type {Options} */
  let options = await transport.ask('GET', 'api/options');
  const optionsFor = (/** @type {Settings} */ s) => transport.ask('GET', `api/options?data=${encodeURIComponent('points' in s.data ? 'points' : s.data.name)}`);

  const learn = (/** @type {import('./types.js').DataChoice} */ data) => {
    const settings = structuredClone(session.current.settings), running = session.current.state === 'running';
    settings.data = data;
    return session.use(settings, running);
  };
  const open = buildTabs((id) => {
    if (id === 'race') drawRace();
    if (id === 'inside') inside.opened();
    if (id === 'data') drawData();
  });
  const lookInside = (/** @type {string} */ panel, view = '') => {
    open('inside');
    inside.show(panel, view);
    get('workbench').scrollIntoView({block: 'nearest'});
    get('tab-inside').focus();
  };
  buildStage(session, options, lookInside);
  buildControls(session, options, (name) => learn({name}));
  const models = new Models(session, options);
  const inside = buildInside(session, () => options), drawRace = buildRace(session), drawData = buildData(session, options, learn);
  buildTake(session, options);
  buildCourse(session, options, {inside: lookInside, open: (tab) => open(tab, true)});
  open('race');
  say(get('about'), options.backend === 'worker' ? 'The models train in a worker of this browser, compiled to WebAssembly.' : 'The models train in the program that printed the address of this page.');

  let known = '8gaussians';
  session.addEventListener('stage', async () => {
    const s = session.current.settings, name = 'points' in s.data ? 'points' : s.data.name;
    document.title = `${s.data.name} · genlab live`;
    if (name === known) return;
    known = name;
    models.use(options = await optionsFor(s));
  });
  const enter = async () => {
    let wanted = null;
    try {
      wanted = fromHash(location.hash);
    } catch (why) {
      tell(`This link cannot be read: ${/** @type {Error} */ (why).message}. The default stage is shown instead.`, 'fault');
      return session.use(options.start);
    }
    try {
      if (!session.stage && (await session.rejoin(wanted))) return;
      await session.use(wanted ?? options.start);
    } catch (why) {
      if (!wanted) throw why;
      tell(`The stage of this link cannot be opened: ${/** @type {Error} */ (why).message}. The default stage is shown instead.`, 'fault');
      await session.use(options.start);
    }
  };
  addEventListener('hashchange', enter);
  await enter();
}

main().catch((why) => tell(why instanceof Error ? why.message : String(why), 'fault'));
