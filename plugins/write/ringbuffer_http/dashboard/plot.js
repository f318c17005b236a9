/* SPDX-License-Identifier: MIT */
/*
 * A plot: uPlot with our axes, our cursor and what all kinds of charts draw in
 * the same way (limits, the time an alert fired).  uPlot sets styles through
 * the object model, which the content security policy allows.
 */
import { MARGIN, range, rowAxis, timeAxis, valueAxis } from './axes.js';
import { bridged } from './data.js';
import { drawHeat } from './heat.js';
import { faint, palette } from './palette.js';
import { stacked } from './stack.js';

const uPlot = globalThis.uPlot;
const SYNC = 'time';
const BAND_LINES = 4; /* with more lines, bands between min and max are a fog */

/* A lone point between gaps would be no line at all. */
function alone(u, i, show, gaps) {
	const values = u.data[i];
	const found = [];

	for (let k = 0; k < values.length; k++)
		if (values[k] !== null && values[k] !== undefined &&
		    (values[k - 1] ?? null) === null &&
		    (values[k + 1] ?? null) === null)
			found.push(k);
	return found.length ? found : null;
}

const points = { show: false, size: 3, filter: alone };
const hidden = { show: true, stroke: null, width: 0, points: { show: false } };

function lineSeries(spec) {
	const { lines } = palette();
	const all = [{}];
	const bands = [];

	spec.lines.forEach((line, i) => {
		const colour = lines[i % lines.length];

		all.push({ stroke: colour, width: 1.5, points });
		if (spec.lines.length > BAND_LINES)
			return;
		all.push(hidden, hidden);
		bands.push({ series: [all.length - 1, all.length - 2],
			fill: faint(colour, 0.18) });
	});
	return { series: all, bands };
}

function lineData(spec, p) {
	const data = [p.xs];

	for (const { s } of spec.lines) {
		const { mean, min, max } = p.of.get(s.series);

		data.push(bridged(mean));
		if (spec.lines.length <= BAND_LINES)
			data.push(bridged(min), bridged(max));
	}
	return data;
}

/* The sums from the top down, each filled to the one below it. */
function stackSeries(spec) {
	const { lines, text } = palette();
	const all = [{}];
	const bands = [];

	spec.lines.forEach((line, i) => {
		const colour = lines[i % lines.length];

		all.push({ stroke: null, width: 0, points: { show: false },
			fill: i ? undefined : faint(colour, 0.8) });
		if (i)
			bands.push({ series: [i + 1, i], fill: faint(colour, 0.8) });
	});
	if (spec.total)
		all.push({ stroke: text, width: 1, dash: [4, 3],
			points: { show: false } });
	return { series: all, bands };
}

function stackData(spec, p) {
	const data = [p.xs, ...stacked(spec.lines.map(({ s }) =>
		bridged(p.of.get(s.series).mean)))];

	if (spec.total)
		data.push(bridged(p.of.get(spec.total.series).mean));
	return data;
}

/* The rows are drawn by hand; one line that nobody sees makes the scale. */
function heatData(spec, p) {
	return [p.xs, p.xs.map((_, i) => i % 2 ? spec.lines.length : 0)];
}

const KINDS = {
	lines: { series: lineSeries, data: lineData },
	stack: { series: stackSeries, data: stackData },
	heat: { series: () => ({ series: [{}, hidden], bands: [] }),
		data: heatData },
};

/* --- drawn by hand ------------------------------------------------------- */

function drawAlerts(u, alerts) {
	const { ctx, bbox } = u;
	const p = palette();

	for (const { from, to, level } of alerts) {
		const a = Math.max(u.valToPos(from, 'x', true), bbox.left);
		const b = Math.min(u.valToPos(to, 'x', true),
		    bbox.left + bbox.width);

		if (b <= a)
			continue;
		ctx.fillStyle = faint(p[level], 0.13);
		ctx.fillRect(a, bbox.top, b - a, bbox.height);
		ctx.fillStyle = p[level];
		ctx.fillRect(a, bbox.top, b - a, 2 * devicePixelRatio);
	}
}

function drawLimits(u, limits) {
	const { ctx, bbox } = u;
	const p = palette();

	ctx.save();
	ctx.lineWidth = devicePixelRatio;
	for (const limit of limits) {
		const y = Math.round(u.valToPos(limit.value, 'y', true)) + 0.5;

		if (y < bbox.top || y > bbox.top + bbox.height)
			continue;
		ctx.strokeStyle = p[limit.level] ?? p.warning;
		ctx.setLineDash((limit.level === 'failure' ? [8, 3] : [3, 3])
		    .map((n) => n * devicePixelRatio));
		ctx.beginPath();
		ctx.moveTo(bbox.left, y);
		ctx.lineTo(bbox.left + bbox.width, y);
		ctx.stroke();
	}
	ctx.restore();
}

/* --- the plot ------------------------------------------------------------ */

function cursor(on) {
	return { y: false, points: { show: false },
		drag: { x: true, y: false, setScale: false, dist: 6 },
		sync: { key: SYNC, setSeries: false, scales: ['x', null],
			filters: { pub: (type) => type === 'mousemove' ||
			    type === 'mouseleave', sub: () => true } },
		bind: { dblclick: () => () => on.reset() } };
}

function selected(u, on) {
	const { left, width } = u.select;

	if (width < 6)
		return;
	const from = u.posToVal(left, 'x');
	const to = u.posToVal(left + width, 'x');

	u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
	on.zoom(from, to);
}

/*
 * Makes one in box, width by height pixels.  spec is a chart of plan.js, points
 * are of data.js, alerts: () => [{ from, to, level }].  on: cursor(index or
 * null, plot), zoom(from, to), reset().
 */
export function makePlot(box, spec, pointsOf, alerts, on, width, height) {
	const kind = KINDS[spec.kind];
	const heat = spec.kind === 'heat';
	const { series, bands } = kind.series(spec);
	const limits = heat ? [] : spec.limits;
	const u = new uPlot({ width, height, series, bands,
		legend: { show: false }, cursor: cursor(on),
		padding: [6, MARGIN, 0, 0],
		scales: { x: { time: true }, y: { range: heat ?
			[0, spec.lines.length] :
			range(spec.unit, spec.kind === 'stack') } },
		axes: [timeAxis(), heat ? rowAxis(spec.lines) :
			valueAxis(spec.unit, spec.valueKind)],
		hooks: {
			drawClear: [(self) => drawAlerts(self, alerts())],
			drawAxes: [(self) => drawLimits(self, limits)],
			draw: [(self) => heat && drawHeat(self, spec, pointsOf)],
			setCursor: [(self) => on.cursor(self.cursor.left >= 0 ?
				self.cursor.idx : null, self)],
			setSelect: [(self) => selected(self, on)],
		} }, kind.data(spec, pointsOf), (self, init) => {
		box.append(self.root);
		init();
	});

	return {
		u,
		show(from, to) {
			u.batch(() => {
				u.setData(kind.data(spec, pointsOf), false);
				u.setScale('x', { min: from, max: to });
			});
		},
		resize: (w) => u.setSize({ width: w, height }),
		destroy: () => u.destroy(),
	};
}
