/* SPDX-License-Identifier: MIT */
/* Scales and axes of plots, in the words of uPlot. */
import { clock, day, tick } from './format.js';
import { palette } from './palette.js';

const IEC = Array.from({ length: 60 }, (_, i) => 2 ** i);
/* A change below this part of it is none: numbers are shown with three digits,
 * but moments are counted from 1970. */
const STILL = 2e-3;
const STILL_MOMENT = 1e-6;
const BESIDE = 58; /* pixels left of a plot */
export const MARGIN = 8; /* and right of it */
const LETTER = 6;
const WHOLE = 100.5; /* percent, as a sum of what was rounded */
const FAR = 0.7; /* all values above this part of the greatest: 0 is far away */

/* The range of the values: percent is 0-100, others start at 0 unless all
 * values are far from it. */
export function range(unit, floor) {
	const still = unit === 'timestamp' ? STILL_MOMENT : STILL;

	return (u, min, max) => {
		if (unit === 'percent' && !(max > WHOLE))
			return [0, 100];
		if (min === null || max === null)
			return [0, 1];
		if (min < 0)
			return [min - (max - min) * 0.08, Math.max(0, max * 1.08)];
		if (!floor && min > max * FAR && max - min > max * still) {
			const room = (max - min) * 0.15;

			return [min - room, max + room];
		}
		return [0, max > 0 ? max * 1.08 : 1];
	};
}

/* Whether a label in the middle below a time is all on the canvas, and not
 * below those of the values. */
function fits(u, t, label) {
	const { min, max } = u.scales.x;
	const wide = u.width - BESIDE - MARGIN;
	const right = wide * (max - t) / (max - min);

	return label.length * LETTER / 2 <= Math.min(right, wide - right) + MARGIN;
}

/* Times under the plot: the day at midnight, seconds only where they matter. */
function times(u, splits, axis, space, step) {
	const now = new Date();
	const name = (t, i) => {
		const d = new Date(t * 1000);
		const midnight = d.getHours() === 0 && d.getMinutes() === 0 &&
		    d.getSeconds() === 0;

		if (step >= 86400 || midnight)
			return day(t);
		if (i === 0 && step >= 3600 && d.getDate() !== now.getDate())
			return `${day(t)} ${clock(t, false)}`;
		return clock(t, step < 60);
	};

	return splits.map(name).map((label, i) =>
		fits(u, splits[i], label) ? label : '');
}

const STEPS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800,
	21600, 43200, 86400, 172800, 345600, 604800];

export function timeAxis() {
	const p = palette();

	return { stroke: p.text, font: p.font, size: 22, gap: 4, space: 84,
		incrs: STEPS, values: times,
		grid: { stroke: p.grid, width: 1 }, ticks: { show: false } };
}

/* The names of the first and the last row of a heat strip. */
export function rowAxis(lines) {
	const p = palette();
	const n = lines.length;

	return { stroke: p.text, font: p.font, size: BESIDE, gap: 6,
		splits: () => [n - 0.5, 0.5],
		values: () => [lines[0].name, lines[n - 1].name],
		grid: { show: false }, ticks: { show: false } };
}

/* A label says nothing beside another that is the same. */
function distinct(labels) {
	return labels.map((l, i) => l === labels[i - 1] ? '' : l);
}

export function valueAxis(unit, kind) {
	const p = palette();

	return { stroke: p.text, font: p.font, size: BESIDE, gap: 6, space: 34,
		...(unit === 'percent' ? { incrs: [1, 2, 5, 10, 25, 50, 100] } : {}),
		...(unit === 'bytes' && kind === 'gauge' ? { incrs: IEC } : {}),
		values: (u, splits) => distinct(splits.map((v) =>
			tick(+v.toPrecision(6), unit, kind))),
		grid: { stroke: p.grid, width: 1 }, ticks: { show: false } };
}
