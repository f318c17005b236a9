/* SPDX-License-Identifier: MIT */
/*
 * The heat strip: a row for each core, a column for each time, darker (or, in
 * the dark, lighter) for more.  128 cores fit, for a row may be one pixel.  A
 * time is in the middle of its column, for that is where the cursor finds it.
 */
import { palette } from './palette.js';

/* The step of the scale for a percentage. */
export function step(v, steps) {
	return Math.max(0, Math.min(steps - 1, Math.floor(v / 100 * steps)));
}

/* The row under a height in the plot. */
export function rowAt(u, rows) {
	const { top } = u.cursor;
	const height = u.over.clientHeight;

	return Math.max(0, Math.min(rows - 1, Math.floor(top / height * rows)));
}

export function drawHeat(u, spec, points) {
	const { ctx, bbox } = u;
	const { heat } = palette();
	const { xs } = points;
	const rows = spec.lines.length;
	const tall = bbox.height / rows;
	const gap = tall > 5 * devicePixelRatio ? devicePixelRatio : 0;
	const edge = (x) =>
		Math.round(u.valToPos(x - points.step / 2, 'x', true));

	ctx.save();
	ctx.beginPath();
	ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
	ctx.clip();
	for (let i = 0; i < xs.length; i++) {
		const next = i + 1 < xs.length ?
		    Math.min(xs[i + 1], xs[i] + points.step * 3) :
		    xs[i] + points.step;
		const left = edge(xs[i]);
		const wide = Math.max(1, edge(next) - left);

		if (left + wide < bbox.left || left > bbox.left + bbox.width)
			continue;
		for (let r = 0; r < rows; r++) {
			const v = points.of.get(spec.lines[r].s.series).mean[i];

			if (v === null || v === undefined)
				continue;
			const y = Math.round(bbox.top + r * tall);
			const below = Math.round(bbox.top + (r + 1) * tall);

			ctx.fillStyle = heat[step(v, heat.length)];
			ctx.fillRect(left, y, wide, Math.max(1, below - y - gap));
		}
	}
	ctx.restore();
}
