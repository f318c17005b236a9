/* SPDX-License-Identifier: MIT */
/* A line as small as a word, above a faint area: 30 points, gaps left open, the
 * last one marked. */
import { svg } from './dom.js';

const WIDTH = 96;
const HEIGHT = 20;
const LEAST = 0.02; /* of its size: a change that is worth the whole height */

const isNumber = (v) => v !== null && v !== undefined;

/* The runs of points without a gap, as [x, y]; y runs from low to high. */
function runs(points, low, high) {
	const x = (i) => 1 + i * (WIDTH - 4) / Math.max(points.length - 1, 1);
	const y = (v) => HEIGHT - 2 - (HEIGHT - 4) *
	    Math.max(0, Math.min((v - low) / (high - low), 1));
	const all = [];

	points.forEach((v, i) => {
		if (!isNumber(v))
			return;
		if (!i || !isNumber(points[i - 1]))
			all.push([]);
		all.at(-1).push([x(i), y(v)]);
	});
	return all;
}

const path = (run) => `M${run.map(([x, y]) =>
	`${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`;

const area = (run) => `${path(run)}V${HEIGHT - 1}H${run[0][0].toFixed(1)}Z`;

/* An empty one.  draw(points, top) fills it from 0 on, top 0: up to the
 * greatest; drawBeside(points, limit) shows how it moves, and the limit. */
export function spark() {
	const fill = svg('path', { class: 'area', d: '' });
	const line = svg('path', { d: '' });
	const rule = svg('path', { class: 'rule', d: '' });
	const dot = svg('circle', { r: 1.75, cx: -9, cy: -9 });
	const box = svg('svg', { class: 'spark', 'aria-hidden': 'true',
		viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, fill, rule, line, dot);
	const put = (points, low, high) => {
		const all = runs(points, low, high);
		const [x, y] = isNumber(points.at(-1)) ? all.at(-1).at(-1) : [-9, -9];

		line.setAttribute('d', all.map(path).join(''));
		fill.setAttribute('d', all.map(area).join(''));
		dot.setAttribute('cx', x);
		dot.setAttribute('cy', y);
	};

	box.draw = (points, top) => {
		put(points, 0, top || Math.max(...points.map((v) => v ?? 0)) || 1);
	};
	box.drawBeside = (points, limit) => {
		const all = [...points, limit].filter(isNumber);
		const high = Math.max(...all);
		const low = Math.min(...all, high - LEAST * Math.abs(high) || -1);

		put(points, low, high);
		rule.setAttribute('d', isNumber(limit) ?
			runs([limit, limit], low, high).map((run) =>
				`M0 ${run[0][1]}H${WIDTH}`).join('') : '');
	};
	return box;
}
