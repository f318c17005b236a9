/* SPDX-License-Identifier: MIT */
/*
 * The points of a chart: `xs' are times, and of each series mean, min and max
 * at these times, null where nothing was measured.  A Loader asks for many
 * charts in few requests; live values are added at the end.
 */
import { ask } from './api.js';

const URL_MAX = 3500;   /* of the names in one request */
const NAMES_MAX = 32;   /* that the hub takes in one */
const POINTS = 300;
const FRESH = 30; /* seconds: no number is old before, nor any host silent */

export class Points {
	/* series: as the hub lists them, with what it knows of each */
	constructor(series) {
		this.names = series.map((s) => s.series);
		this.latest = new Map(series.map((s) => [s.series, { v: s.value,
			time: s.last_seen, heard: s.last_seen,
			interval: s.interval ?? 0 }]));
		this.interval = Math.max(...[...this.latest.values()]
		    .map((l) => l.interval));
		this.clear();
	}

	clear() {
		this.xs = [];
		this.step = 1;
		this.tier = null;
		this.of = new Map(this.names.map((n) => [n, { mean: [], min: [],
			max: [], n: 1 }]));
	}

	/* Takes answers to queries about the same window. */
	take(answers) {
		this.clear();
		const ours = answers.filter((a) => a.series.some((s) =>
			this.of.has(s.series)));

		if (!ours.length)
			return;
		/* each answer has a grid of its own; the finest is ours */
		const one = ours.reduce((a, b) => b.step < a.step ? b : a);
		const length = Math.round((one.to - one.from) / one.step);

		this.step = one.step;
		this.tier = one.tier;
		this.xs = Array.from({ length }, (_, i) => one.from + i * one.step);
		for (const a of ours) {
			const at = (values) => this.xs.map((x) =>
				values[Math.floor((x - a.from) / a.step + 1e-6)] ?? null);

			for (const s of a.series)
				if (this.of.has(s.series))
					Object.assign(this.of.get(s.series),
					    { mean: at(s.mean), min: at(s.min ?? s.mean),
						max: at(s.max ?? s.mean) });
		}
		for (const { mean, min, max } of this.of.values())
			for (const part of [mean, min, max])
				while (part.length < length)
					part.push(null);
		this.trim();
		this.weigh();
	}

	/* The last point stands for more than the one that comes next. */
	weigh() {
		for (const [name, m] of this.of) {
			const { time, interval } = this.latest.get(name);
			const age = Math.min(time - this.xs.at(-1), this.step);

			m.n = age > 0 && interval > 0 ?
			    Math.floor(age / interval) + 1 : 1;
		}
	}

	/* The empty end of a window that is not over yet is no gap. */
	trim() {
		const empty = (i) => [...this.of.values()].every((m) =>
			m.mean[i] === null);

		while (this.xs.length && empty(this.xs.length - 1))
			this.pop();
	}

	pop() {
		this.xs.pop();
		for (const m of this.of.values())
			for (const part of [m.mean, m.min, m.max])
				part.pop();
	}

	push(x) {
		this.xs.push(x);
		for (const m of this.of.values()) {
			for (const part of [m.mean, m.min, m.max])
				part.push(null);
			m.n = 0;
		}
	}

	/* Hears what was measured at a time, wherever the window is. */
	hear(time, values, now) {
		for (const [name, l] of this.latest)
			if (values.has(name) && time >= l.time)
				Object.assign(l, { v: values.get(name), time,
					heard: now });
	}

	/* Adds what was measured at a time; values: name -> number. */
	add(time, values) {
		const mine = this.names.filter((n) => values.has(n));
		const last = this.xs.at(-1);

		if (mine.length === 0 || time < last)
			return;
		if (last === undefined || time >= last + this.step * 0.99) {
			if (time > last + Math.max(this.step * 3.5,
			    this.interval * 1.75))
				this.push(last + this.step);
			this.push(time);
		}
		for (const name of mine)
			this.merge(this.of.get(name), values.get(name));
	}

	merge(m, v) {
		const i = this.xs.length - 1;

		if (v === null || v === undefined)
			return;
		if (m.mean[i] === null) {
			m.mean[i] = m.min[i] = m.max[i] = v;
			m.n = 1;
			return;
		}
		m.n++;
		m.mean[i] += (v - m.mean[i]) / m.n;
		m.min[i] = Math.min(m.min[i], v);
		m.max[i] = Math.max(m.max[i], v);
	}

	/* Forgets what is older. */
	since(time) {
		let n = 0;

		while (n < this.xs.length - 2 && this.xs[n + 1] < time)
			n++;
		if (n < 20)
			return;
		this.xs.splice(0, n);
		for (const m of this.of.values())
			for (const part of [m.mean, m.min, m.max])
				part.splice(0, n);
	}

	/* What it is now; null where nobody has said so lately. */
	newest(name, now) {
		const { v, heard, interval } = this.latest.get(name);

		return now - heard <= Math.max(3.5 * interval, FRESH) ? v : null;
	}

	/* What it was at the end of the window. */
	last(name) {
		const { mean } = this.of.get(name);

		for (let i = mean.length - 1; i >= 0; i--)
			if (mean[i] !== null)
				return mean[i];
		return null;
	}
}

/*
 * Runs of null that are no longer than the series' own rhythm explains become
 * undefined, which is drawn through: a plugin that measures once a minute has
 * no gaps between its points in a chart of every 10 seconds.
 */
export function bridged(values) {
	const gaps = [];
	let last = -1;

	values.forEach((v, i) => {
		if (v === null)
			return;
		if (last >= 0)
			gaps.push(i - last);
		last = i;
	});
	const usual = gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 1;

	if (usual === 1)
		return values;
	const out = values.slice();
	let from = -1;

	for (let i = 0; i < out.length; i++) {
		if (values[i] === null)
			continue;
		if (from >= 0 && i - from <= usual * 2.5)
			out.fill(undefined, from + 1, i);
		from = i;
	}
	return out;
}

/* The names in requests that are short enough. */
function chunks(names) {
	const all = [[]];
	let size = 0;

	for (const name of names) {
		size += encodeURIComponent(name).length + 8;
		if (all.at(-1).length && (size > URL_MAX ||
		    all.at(-1).length === NAMES_MAX)) {
			all.push([]);
			size = encodeURIComponent(name).length + 8;
		}
		all.at(-1).push(name);
	}
	return all;
}

/* Asks for points of many series in one window; the answers. */
export async function query(names, { from, to }, signal, points = POINTS) {
	return Promise.all(chunks(names).map((some) => ask('query',
	    { series: some, from: from.toFixed(0),
		to: to.toFixed(0), points }, signal)));
}

/* Loads charts that ask at about the same moment together. */
export class Loader {
	/* charts have .points, and .loaded(error or null) which is called then */
	constructor() {
		this.waiting = new Set();
		this.stop = new AbortController();
	}

	want(chart, span) {
		this.span = span;
		this.waiting.add(chart);
		this.timer ??= setTimeout(() => this.run(), 15);
	}

	async run() {
		const charts = [...this.waiting];
		const { signal } = this.stop;

		this.waiting.clear();
		this.timer = null;
		try {
			const names = new Set(charts.flatMap((c) => c.points.names));
			const answers = await query([...names], this.span, signal);

			for (const c of charts) {
				c.points.take(answers);
				c.loaded(null);
			}
		} catch (e) {
			if (!signal.aborted)
				charts.forEach((c) => c.loaded(e));
		}
	}

	/* What is under way is of no use any more. */
	cancel() {
		this.stop.abort();
		this.stop = new AbortController();
		clearTimeout(this.timer);
		this.timer = null;
		this.waiting.clear();
	}
}
