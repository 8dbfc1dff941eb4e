// A slider over time with a button that plays it.

import {el, say, still} from './dom.js';

/**
 * @typedef {object} Player
 * @property {HTMLElement} element
 * @property {() => number} at position in [0, 1]
 * @property {(u: number) => void} seek
 * @property {() => void} play from the beginning
 * @property {() => void} stop
 */

/**
 * @param {string} name of the slider
 * @param {number} seconds of a whole play
 * @param {(u: number) => void} moved
 * @param {(u: number) => string} said text of a position
 * @returns {Player}
 */
export function player(name, seconds, moved, said) {
  let frame = 0, start = 0;
  const output = el('output', {}), slider = el('input', {type: 'range', min: 0, max: 1000, value: 1000, 'aria-label': name, oninput: () => { stop(); show(); }});
  const button = el('button', {type: 'button', onclick: () => (frame ? stop() : play())}, 'Play');
  const at = () => Number(slider.value) / 1000;
  const show = () => {
    say(output, said(at()));
    slider.setAttribute('aria-valuetext', said(at()));
    moved(at());
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    say(button, 'Play');
  };
  const tick = (/** @type {number} */ t) => {
    start ||= t;
    const u = Math.min((t - start) / 1000 / seconds, 1);
    slider.value = String(Math.round(1000 * u));
    show();
    if (u < 1) frame = requestAnimationFrame(tick);
    else stop();
  };
  const play = () => {
    stop();
    if (still()) { // the reader moves the slider instead
      slider.value = at() < 1 ? '1000' : '0';
      show();
      return;
    }
    start = 0;
    say(button, 'Stop');
    frame = requestAnimationFrame(tick);
  };
  return {
    element: el('div', {class: 'row'}, button, slider, output), at, play, stop,
    seek: (u) => { slider.value = String(Math.round(1000 * u)); show(); },
  };
}
