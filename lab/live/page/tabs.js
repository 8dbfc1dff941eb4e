// The tabs of the workbench, by the pattern of the ARIA Authoring Practices: arrows move, one tab is in the tab order.

import {el, get} from './dom.js';

/** Tabs with the ids of their panels. */
const all = [['race', 'Race'], ['inside', 'Look inside'], ['data', 'Data'], ['models', 'Models and settings'], ['take', 'Take away']];

/**
 * @param {(id: string) => void} opened called when a tab was opened
 * @returns {(id: string, focus?: boolean) => void} opens a tab
 */
export function buildTabs(opened) {
  const list = get('tabs');
  const open = (/** @type {string} */ id, focus = false) => {
    for (const [name] of all) {
      const tab = get(`tab-${name}`), chosen = name === id;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      get(name).hidden = !chosen;
      if (chosen && focus) tab.focus();
    }
    opened(id);
  };
  all.forEach(([id, title], i) => {
    list.append(el('button', {type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': id, onclick: () => open(id), onkeydown: (/** @type {KeyboardEvent} */ e) => {
      const move = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: all.length - 1}[e.key];
      if (move === undefined) return;
      e.preventDefault();
      open(all[(move + all.length) % all.length][0], true);
    }}, title));
    get(id).setAttribute('aria-labelledby', `tab-${id}`);
  });
  return open;
}
