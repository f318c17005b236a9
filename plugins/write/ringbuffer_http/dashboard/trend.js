/* SPDX-License-Identifier: MIT */
/*
 * When something will be full, if that can be said honestly: a line through
 * what was used in the last hours, which must rise, fit well, rise in both
 * halves at much the same pace, and not be drawn on for more than eight times
 * as long as it was watched.
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

/* Seconds until used reaches total; null where nobody can know. */
function untilFull(points, total) {
	if (points.length < 12)
		return null;
	const watched = points.at(-1)[0] - points[0][0];
	const half = points.length >> 1;
	const all = line(points);
	const early = line(points.slice(0, half)).slope;
	const late = line(points.slice(half)).slope;
	const left = (total - points.at(-1)[1]) / Math.max(late, all.slope);

	if (watched < LEAST || all.slope <= 0 || all.fit < 0.85)
		return null;
	if (early <= 0 || late <= 0 || early > 3 * late || late > 3 * early)
		return null;
	return left >= 0 && left <= watched * REACH ? left : null;
}

/* The same for series that the hub is asked about; used and total are names. */
export async function askUntilFull(used, total, now, signal) {
	const answers = await query([used, total], { from: now - WATCH, to: now },
	    signal, 120);
	const all = answers.flatMap((a) => a.series.map((s) => ({ a, s })));
	const u = all.find(({ s }) => s.series === used);
	const size = all.find(({ s }) => s.series === total)?.s.mean
	    .findLast((v) => v !== null);

	if (!u || !size)
		return null;
	return untilFull(u.s.mean.map((v, i) => [u.a.from + i * u.a.step, v])
	    .filter((p) => p[1] !== null), size);
}
