/* SPDX-License-Identifier: MIT */
/*
 * Which charts a host gets.  No plugin is known here: names, units, kinds and
 * numbers decide, in this order for each plugin:
 *
 *   stack   the fields of the list without instance that add up to a whole
 *           (100 %, or the field `total'), found by trying which do
 *   heat    the headline `percent' of the instances, where there is a whole
 *           and there are several of them: a row each
 *   fill    an instance with total, used and percent is something that fills
 *   lines   all the rest: a chart a field, a line an instance; fields whose
 *           names differ in a digit or a direction share a chart
 */
import { words } from './format.js';

const FIRST = ['cpu', 'memory', 'disk', 'network', 'load'];
const UNUSED = ['idle', 'free'];
const UNITS = ['percent', 'bytes', 'seconds'];
const LINES = 8; /* of a chart, the greatest */
const TITLE = 48; /* letters of a title */
const NAME = 16; /* letters that are seen of the name of a line */
const DIRECTIONS = [['rx', 'tx'], ['read', 'write'], ['in', 'out'],
	['sent', 'received']];
const direction = new Set(DIRECTIONS.flat());

function groupBy(items, key) {
	const groups = new Map();

	for (const item of items) {
		const k = key(item);

		if (!groups.has(k))
			groups.set(k, []);
		groups.get(k).push(item);
	}
	return groups;
}

function tagText(tags) {
	return Object.entries(tags ?? {}).map(([k, v]) => `${k}=${v}`).join(' ');
}

/* What tells the lists of a plugin apart, as people read it. */
function thing(s) {
	return [s.instance ?? '', tagText(s.tags)].filter(Boolean).join(' ');
}

function limitsOf(series) {
	return series.flatMap((s) => s.limits ?? []);
}

/*
 * The largest set of fields that adds up to the whole, or null.  percent and
 * total are never parts; of what is equal the order given wins.
 */
function findParts(fields) {
	const total = fields.find((f) => f.field === 'total');
	const unit = total ? total.unit : 'percent';
	const whole = total ? total.value : 100;
	const some = fields.filter((f) => f.unit === unit && f.kind === 'gauge' &&
	    f.field !== 'total' && f.field !== 'percent' &&
	    Number.isFinite(f.value)).slice(0, 14);
	let best = null;
	let size = 2;

	if (!(whole > 0))
		return null;
	for (let set = 1; set < 1 << some.length; set++) {
		const parts = some.filter((_, i) => set & 1 << i);
		const sum = parts.reduce((a, f) => a + f.value, 0);

		if (parts.length > size && Math.abs(sum - whole) < whole * 1e-4) {
			best = parts;
			size = parts.length;
		}
	}
	return best && { parts: best, total };
}

function stackOf(plugin, list) {
	const found = findParts(list);

	if (!found)
		return null;
	const head = list.find((s) => s.field === 'percent');
	const parts = found.parts.filter((s) => !UNUSED.includes(s.field));

	return { kind: 'stack', title: plugin,
		unit: found.parts[0].unit, valueKind: 'gauge', head,
		total: found.total, limits: head ? limitsOf([head]) : [],
		lines: parts.map((s) => ({ s, name: words(s.field) })),
		covers: [...found.parts, head, found.total].filter(Boolean) };
}

function heatOf(plugin, series) {
	const rows = series.filter((s) => s.field === 'percent' && s.instance !== null)
	    .sort((a, b) => natural(thing(a), thing(b)));

	if (rows.length < 2)
		return null;
	return { kind: 'heat',
		title: `${plugin}, each ${rows[0].instance_name ?? 'instance'}`,
		rows: rows[0].instance_name ?? 'row',
		unit: 'percent', valueKind: 'gauge', limits: [],
		lines: rows.map((s) => ({ s, name: thing(s) })), covers: rows };
}

function fillOf(list) {
	const get = (name) => list.find((s) => s.field === name);
	const [total, used, percent] = ['total', 'used', 'percent'].map(get);

	if (!total || !used || !percent || percent.instance === null ||
	    total.unit !== 'bytes')
		return null;
	return { kind: 'lines', title: `${percent.plugin} ${thing(percent)}`, unit: 'percent',
		valueKind: 'gauge', limits: limitsOf([percent]), fills: total,
		lines: [{ s: percent, name: 'used' }],
		covers: [total, used, percent, get('free')].filter(Boolean) };
}

const natural = new Intl.Collator('en', { numeric: true }).compare;

function stem(field) {
	return field.split('_').map((w) => direction.has(w) ? '' : w).join('_')
	    .replace(/\d+/g, '#').replace(/^_|_$/g, '');
}

/* What the texts begin with in common, whole words, without what is left of a
 * broken phrase. */
function commonStart(texts) {
	const split = texts.map((t) => t.replace(/\.$/, '').split(' '));
	let n = 0;

	while (n < split[0].length && split.every((w) => w[n] === split[0][n]))
		n++;
	while (n > 0 && n < split[0].length &&
	    /^(of|the|a|in|for|last|to|each|that|by|at|on|from|which)$/.test(split[0][n - 1]))
		n--;
	return split[0].slice(0, n).join(' ');
}

/* What a text says before it goes into detail; '' where that is no title. */
function short(text) {
	const start = text.split(/[:;,(]/, 1)[0].trim();

	return start.length > TITLE || /^\d/.test(start) ? '' : start;
}

function capital(text) {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

function titleOf(series, fields) {
	const helps = fields.map((f) =>
		series.find((s) => s.field === f).help || words(f));
	const common = short(commonStart(helps));

	if (common && (fields.length === 1 || common.includes(' ')))
		return capital(common);
	return capital(fields.length === 1 ? words(fields[0]) :
		words(stem(fields[0]).replaceAll('#', '')) || words(fields[0]));
}

function lineName(s, fields) {
	const what = fields.length > 1 ? words(s.field).replace(
	    words(stem(s.field)), '').trim() || words(s.field) : '';

	return [thing(s), what].filter(Boolean).join(' ') || words(s.field);
}

/* Long names without what all of them begin and end with, up to a break. */
function trimmed(lines) {
	const names = lines.map((l) => l.name);
	const first = names[0] ?? '';
	let head = 0;
	let tail = 0;

	if (names.length < 2 || !names.some((n) => n.length > NAME))
		return lines;
	while (head < first.length && names.every((n) => n[head] === first[head]))
		head++;
	while (head > 0 && /[\p{L}\p{N}]/u.test(first[head - 1]))
		head--;
	while (tail < first.length - head - 1 && names.every((n) =>
		n.length - tail - 1 > head && n.at(-tail - 1) === first.at(-tail - 1)))
		tail++;
	while (tail > 0 && /[\p{L}\p{N}]/u.test(first.at(-tail)))
		tail--;
	return lines.map((l) => ({ ...l, name: l.name.slice(head,
	    l.name.length - tail) || l.name }));
}

function linesOf(series) {
	const fields = [...new Set(series.map((s) => s.field))];
	const many = series.length > LINES;
	const percent = series[0].unit === 'percent';
	const shown = many && !percent ? [...series].sort((a, b) =>
		(b.value ?? 0) - (a.value ?? 0)).slice(0, LINES) : series;

	return { kind: many && percent ? 'heat' : 'lines',
		rows: series[0].instance_name ?? 'row',
		title: titleOf(series, fields), unit: series[0].unit,
		valueKind: series[0].kind, limits: limitsOf(shown),
		left: series.length - shown.length,
		lines: trimmed(shown.map((s) => ({ s, name: lineName(s, fields) }))
		    .sort((a, b) => natural(a.name, b.name))),
		covers: series };
}

/* What says how much comes before what says how many, and that before what
 * only is so. */
function weight(chart) {
	const i = UNITS.indexOf(chart.unit);

	return (i < 0 ? UNITS.length : i) * 2 + (chart.valueKind === 'gauge');
}

/* The charts of a plugin: { plugin, main, rest }; main says the most important
 * of the machine, where the numbers allow it. */
function planPlugin(plugin, series) {
	const lists = [...groupBy(series,
	    (s) => JSON.stringify([s.instance, s.tags ?? {}])).values()];
	const whole = lists.find((l) => l[0].instance === null);
	const main = [whole && stackOf(plugin, whole),
		whole && heatOf(plugin, series),
		...lists.map(fillOf)].filter(Boolean);
	const covered = new Set(main.flatMap((c) => c.covers));
	const rest = [...groupBy(series.filter((s) => !covered.has(s)),
	    (s) => `${stem(s.field)} ${s.unit} ${s.kind} ${s.instance === null}`)
	    .values()].map(linesOf).sort((a, b) => weight(a) - weight(b));

	return { plugin, main, rest };
}

/* All sections of a host, those that say most first. */
export function plan(series) {
	const order = (p) => (FIRST.indexOf(p) + FIRST.length + 1) % (FIRST.length + 1);

	return [...groupBy(series, (s) => s.plugin)]
	    .map(([plugin, some]) => planPlugin(plugin, some))
	    .sort((a, b) => order(a.plugin) - order(b.plugin) ||
		natural(a.plugin, b.plugin));
}
