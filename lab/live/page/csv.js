// Points of a CSV file.

/** @typedef {{points: [number, number][], labels?: number[], note: string}} Read */

/**
 * Reads points from text: the first two columns of numbers, and as labels a column called label or class. Cells are
 * divided by commas, semicolons, tabs or spaces. It throws, with the line, where a row is not like the others.
 * @param {string} text
 * @param {number} most rows
 * @returns {Read}
 */
export function readCSV(text, most) {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/).map((l, i) => ({at: i + 1, text: l.trim()})).filter((l) => l.text !== '' && !l.text.startsWith('#'));
  if (lines.length === 0) throw new Error('the file has no rows');
  const divider = [',', ';', '\t'].find((d) => lines[0].text.includes(d)) ?? /\s+/;
  const cells = (/** @type {string} */ l) => l.split(divider).map((c) => c.trim().replace(/^"(.*)"$/, '$1'));
  const value = (/** @type {string} */ c) => (c === '' ? NaN : Number(c));
  const first = cells(lines[0].text), headed = first.some((c) => c !== '' && isNaN(value(c)));
  const head = headed ? first.map((c) => c.toLowerCase()) : first.map(() => '');
  const rows = headed ? lines.slice(1) : lines;
  if (rows.length === 0) throw new Error('the file has a line of names but no rows');
  if (rows.length > most) throw new Error(`the file has ${rows.length} rows, but at most ${most} can be learned here: use genlab train --data file:PATH`);
  const sample = cells(rows[0].text), labelAt = head.findIndex((h) => h === 'label' || h === 'class');
  const numeric = sample.map((c, i) => (isFinite(value(c)) && i !== labelAt ? i : -1)).filter((i) => i >= 0);
  if (numeric.length < 2) throw new Error(`line ${rows[0].at} has ${numeric.length} numbers, but a point needs two`);
  const [cx, cy] = numeric;
  /** @type {Map<string, number>} */
  const names = new Map();
  /** @type {number[]} */
  const labels = [];
  const points = rows.map(({at, text}) => {
    const c = cells(text), x = value(c[cx] ?? ''), y = value(c[cy] ?? '');
    if (!isFinite(x) || !isFinite(y)) throw new Error(`line ${at} is “${text.slice(0, 40)}”: expected numbers in columns ${cx + 1} and ${cy + 1}`);
    if (labelAt >= 0) {
      const name = c[labelAt] ?? '';
      if (!names.has(name)) names.set(name, names.size);
      labels.push(/** @type {number} */ (names.get(name)));
    }
    return /** @type {[number, number]} */ ([x, y]);
  });
  if (names.size > 32) throw new Error(`column ${head[labelAt]} has ${names.size} different labels, but at most 32 are possible`);
  const which = headed ? `columns ${head[cx]} and ${head[cy]}` : `columns ${cx + 1} and ${cy + 1}`;
  return {points, labels: labelAt >= 0 ? labels : undefined, note: `${points.length} rows, ${which}${labelAt >= 0 ? `, ${names.size} labels` : ''}`};
}
