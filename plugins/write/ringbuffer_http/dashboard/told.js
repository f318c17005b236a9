/* SPDX-License-Identifier: MIT */
/* A chart for who does not see it: in a sentence, and as a table. */
import { h } from './dom.js';
import { moment, period, value } from './format.js';
import { hubNow } from './api.js';

const SPOKEN = 12; /* lines of a sentence */
const COLUMNS = 32;
const ROWS = 60;
/* What points are made of, where it is not what was collected. */
const TIERS = { '1m': ' of what is kept of a minute',
	'15m': ' of what is kept of 15 minutes' };

/* "cpu, 10:00:00 to 10:15:00: user 3.1 %, from 1.2 % to 40 %; ..." */
export function summary(spec, points) {
	const show = (v) => value(v, spec.unit, spec.valueKind);
	const text = spec.lines.slice(0, SPOKEN).map((l) => {
		const all = points.of.get(l.s.series).mean.filter((v) =>
			v !== null && v !== undefined);

		return all.length ? `${l.name} ${show(all.at(-1))}, ` +
		    `from ${show(all.reduce((a, b) => Math.min(a, b)))} to ` +
		    show(all.reduce((a, b) => Math.max(a, b))) :
		    `${l.name}: no data`;
	});
	const when = points.xs.length ?
	    `, ${period(points.xs[0], points.xs.at(-1), hubNow())}` : '';

	return `${spec.title}${when}: ${text.join('; ')}`;
}

/* The newest first, some left out where there are too many. */
export function table(spec, points) {
	const every = Math.ceil(points.xs.length / ROWS) || 1;
	const rows = points.xs.map((x, i) => [x, i])
	    .filter((_, i) => i % every === 0).reverse();
	const lines = spec.lines.slice(0, COLUMNS);

	return h('table', null,
	    h('caption', null, every > 1 ?
		`one in ${every} of ${points.xs.length} points` :
		`${points.xs.length} points`, TIERS[points.tier]),
	    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'time'),
		...lines.map((l) => h('th', { scope: 'col' }, l.name)))),
	    h('tbody', null, ...rows.map(([x, i]) => h('tr', null,
		h('th', { scope: 'row' }, moment(x, hubNow())),
		...lines.map((l) => h('td', null, value(points.of
		    .get(l.s.series).mean[i], spec.unit, spec.valueKind)))))));
}
