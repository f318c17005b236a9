/* SPDX-License-Identifier: MIT */
/* A line as small as a word: 30 points, gaps left open, the last one marked. */
import { svg } from './dom.js';

const WIDTH = 72;
const HEIGHT = 20;

/* The commands of a path; y runs from 0 to top. */
function commands(points, top) {
	const x = (i) => (1 + i * (WIDTH - 4) / Math.max(points.length - 1, 1));
	const y = (v) => (HEIGHT - 2 - Math.min(v / top, 1) * (HEIGHT - 4));
	let text = '';
	let open = false;

	points.forEach((v, i) => {
		if (v === null || v === undefined) {
			open = false;
			return;
		}
		text += `${open ? 'L' : 'M'}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
		open = true;
	});
	return { text, last: points.length && points.at(-1) !== null ?
	    { x: x(points.length - 1), y: y(points.at(-1)) } : null };
}

/* An empty one; draw(points, top) fills it, top 0: the greatest point. */
export function spark() {
	const path = svg('path', { d: '' });
	const dot = svg('circle', { r: 1.75, cx: -9, cy: -9 });
	const box = svg('svg', { class: 'spark', 'aria-hidden': 'true',
		viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, path, dot);

	box.draw = (points, top) => {
		const most = top || Math.max(...points.map((v) => v ?? 0)) || 1;
		const { text, last } = commands(points, most);

		path.setAttribute('d', text);
		dot.setAttribute('cx', last ? last.x : -9);
		dot.setAttribute('cy', last ? last.y : -9);
	};
	return box;
}
