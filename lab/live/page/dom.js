// Elements of the page: made, found and announced.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Makes an element. Keys that begin with "on" are listeners, "class" and names with a dash are attributes, all
 * others are properties.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (key === 'class' || key === 'for' || key === 'role' || key.includes('-')) e.setAttribute(key, String(value));
    else /** @type {any} */ (e)[key] = value;
  }
  fill(e, children);
  return e;
}

/**
 * Appends children, without those that are absent.
 * @param {Element} e
 * @param {Child[]} children
 */
export function fill(e, children) {
  for (const c of children) {
    if (c === null || c === undefined || c === false) continue;
    e.append(c instanceof Node ? c : String(c));
  }
}

/**
 * Replaces all children.
 * @param {Element} e
 * @param {...Child} children
 */
export function set(e, ...children) {
  e.replaceChildren();
  fill(e, children);
}

/**
 * Sets a text only where it changed, so that a screen reader and the layout are left in peace.
 * @param {Element} e
 * @param {string} text
 */
export function say(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

/**
 * Returns the element of an id. The page has all ids that the modules ask for.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function get(id) {
  const e = document.getElementById(id);
  if (!e) throw new Error(`the page has no element #${id}`);
  return e;
}

/**
 * Announces a sentence to screen readers.
 * @param {string} text
 */
export function announce(text) {
  say(get('announcer'), text);
}

/**
 * Shows a message at the top of the page, and announces it.
 * @param {string} text "" hides it
 * @param {'note' | 'fault'} [kind]
 */
export function tell(text, kind = 'note') {
  const e = get('message');
  e.className = kind;
  say(e, text);
  e.hidden = text === '';
}

/** @returns {boolean} whether the reader asked for little motion */
export const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/**
 * Calls f now and whenever the colour scheme changes.
 * @param {() => void} f
 */
export function onScheme(f) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', f);
  f();
}

/**
 * Returns a function that calls f once, after the last of many calls.
 * @param {() => void} f
 * @param {number} ms
 */
export function afterwards(f, ms) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(f, ms);
  };
}

/**
 * Offers bytes or a text as a download.
 * @param {string} name
 * @param {Blob} blob
 */
export function download(name, blob) {
  const url = URL.createObjectURL(blob);
  el('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
