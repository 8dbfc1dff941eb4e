// Colours: those of the models come from the program; paper, ink and density follow the colour scheme.

/** @typedef {{paper: string, ink: string, soft: string, line: string, density: string, outline: string, dark: boolean}} Scheme */

/** @type {Scheme} */
export let scheme = read();

/** Reads the colours of the style sheet again, after the scheme changed. */
export function refresh() {
  scheme = read();
}

/** @returns {Scheme} */
function read() {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    paper: of('--paper'), ink: of('--ink'), soft: of('--soft'), line: of('--line'),
    density: of('--density'), outline: of('--outline'), dark: matchMedia('(prefers-color-scheme: dark)').matches,
  };
}

/**
 * Parses #rgb or #rrggbb.
 * @param {string} hex
 * @returns {[number, number, number]} 0 to 255
 */
export function rgb(hex) {
  const h = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join('') : hex.slice(1);
  const n = parseInt(h, 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/**
 * Mixes from a (t = 0) to b (t = 1).
 * @param {string} a
 * @param {string} b
 * @param {number} t
 */
export function mix(a, b, t) {
  const x = rgb(a), y = rgb(b);
  return '#' + x.map((v, i) => Math.round(v + t * (y[i] - v)).toString(16).padStart(2, '0')).join('');
}

/**
 * Returns a model's colour on the present paper: the hue is the same in both schemes, on dark paper it is lighter.
 * @param {string} colour
 */
export function shown(colour) {
  if (colour === '#000000') return scheme.ink;
  return scheme.dark ? mix(colour, '#ffffff', 0.28) : colour;
}

/** Colours of labels: the palette of Okabe and Ito and a grey. */
const cycle = ['#0072b2', '#d55e00', '#009e73', '#e69f00', '#cc79a7', '#56b4e9', '#000000', '#8c8c8c'];

/**
 * Returns the colour of label k.
 * @param {number} k
 */
export const labelColour = (k) => shown(cycle[k % cycle.length]);

/** Dark blue to white, as the density maps of the project: monotone in lightness. On dark paper from pale to dark. */
const ramps = [['#081d58', '#225ea8', '#41b6c4', '#a1dab4', '#edf8d9', '#ffffff'], ['#f6fce8', '#a1dab4', '#41b6c4', '#225ea8', '#15294f', '#14181c']];

/** Returns what the colour of high values is called. */
export const high = () => (scheme.dark ? 'Bright' : 'Dark');

/**
 * Returns the colour of m on that scale: 0 for the highest value, 1 for the lowest.
 * @param {number} m
 */
export function rampColour(m) {
  const ramp = ramps[scheme.dark ? 1 : 0];
  const at = Math.max(0, Math.min(m, 1)) * (ramp.length - 1), i = Math.min(Math.floor(at), ramp.length - 2);
  return mix(ramp[i], ramp[i + 1], at - i);
}
