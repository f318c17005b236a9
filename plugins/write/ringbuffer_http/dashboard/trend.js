/* SPDX-License-Identifier: MIT */
/*
 * When something will be full, if that can be said honestly: a line through
 * the percentage of the last hours, which must rise, fit well, rise in both
 * halves at much the same pace, and not be drawn on for more than eight times
 * as long as it was watched.  A percentage, for it knows of the room that is
 * left to nobody but root, which bytes used of a total do not.
 */
import { query } from './data.js';

const WATCH = 6 * 3600;
const LEAST = 1800;
const REACH = 8;

/* The least squares line through points [[t, v]]: slope, and how much of the
 * variance it explains. */
function line(points) {
	const n = points.length;
	const mt = points.reduce((a, p) => a + p[0], 0) / n;
	const mv = points.reduce((a, p) => a + p[1], 0) / n;
	let tt = 0, tv = 0, vv = 0;

	for (const [t, v] of points) {
		tt += (t - mt) ** 2;
		tv += (t - mt) * (v - mv);
		vv += (v - mv) ** 2;
	}
	return { slope: tt ? tv / tt : 0, fit: tt && vv ? tv * tv / (tt * vv) : 0 };
}

/* Seconds until it reaches 100 %; null where nobody can know. */
export function untilFull(points) {
	if (points.length < 12)
		return null;
	const watched = points.at(-1)[0] - points[0][0];
	const half = points.length >> 1;
	const all = line(points);
	const early = line(points.slice(0, half)).slope;
	const late = line(points.slice(half)).slope;
	const left = (100 - points.at(-1)[1]) / Math.max(late, all.slope);

	if (watched < LEAST || all.slope <= 0 || all.fit < 0.85)
		return null;
	if (early <= 0 || late <= 0 || early > 3 * late || late > 3 * early)
		return null;
	return left >= 0 && left <= watched * REACH ? left : null;
}

/* The same for a series that the hub is asked about; used: one that must be
 * there as well. */
export async function askUntilFull(percent, now, signal, used = percent) {
	const answers = await query([percent, used], { from: now - WATCH, to: now },
	    signal, 120);
	const all = answers.flatMap((a) => a.series.map((s) => ({ a, s })));
	const p = all.find(({ s }) => s.series === percent);

	if (!p || !all.some(({ s }) => s.series === used))
		return null;
	return untilFull(p.s.mean.map((v, i) => [p.a.from + i * p.a.step, v])
	    .filter(([, v]) => v !== null));
}
