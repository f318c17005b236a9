/* SPDX-License-Identifier: MIT */
/*
 * What is wrong, worst first, the same trouble of many hosts in one line; and
 * what was wrong when.
 */
import { hubNow } from './api.js';
import { query } from './data.js';
import { h, keyed, say } from './dom.js';
import { about } from './format.js';
import { alertLine, groupLine } from './line.js';
import { isState, rank, word } from './mark.js';
import { askUntilFull } from './trend.js';

const MOST = 50;
const MANY = 4;     /* hosts with the same trouble that become one line */
const REFRESH = 30; /* seconds between looks at the past of a series */

/* Those that are of interest: firing, or about to.  What is wrong with the hub
 * itself explains the others. */
export function firing(alerts) {
	return (alerts?.alerts ?? []).filter((a) => a.state !== 'ok' &&
		a.state !== 'closed')
	    .sort((a, b) => (a.silence ? 1 : 0) - (b.silence ? 1 : 0) ||
		(a.host ? 1 : 0) - (b.host ? 1 : 0) ||
		rank(a.state) - rank(b.state) || a.since - b.since);
}

/* What alerts have in common that differ in their hosts alone. */
function trouble(a) {
	return JSON.stringify([a.rule, a.state, a.plugin, a.instance, a.field,
		Boolean(a.silence)]);
}

/* The same in its order, but a list where many hosts have the same trouble. */
function folded(alerts) {
	const same = new Map();

	for (const a of alerts)
		same.set(trouble(a), [...same.get(trouble(a)) ?? [], a]);
	return alerts.flatMap((a) => {
		const all = same.get(trouble(a));

		return all.length < MANY ? [a] : all[0] === a ? [all] : [];
	});
}

/* When an alert fired, for shading: [{ from, to, level }]. */
export function episodes(alert, now) {
	const all = [];
	let open = null;
	const close = (at) => {
		if (open)
			all.push({ ...open, to: at });
		open = null;
	};

	for (const { time, state } of alert.timeline ?? []) {
		if (!isState(state) || open?.level === state)
			continue;
		close(time);
		if (state === 'warning' || state === 'failure')
			open = { from: time, level: state };
	}
	if (!open && (alert.state === 'warning' || alert.state === 'failure') &&
	    alert.since)
		open = { from: alert.since, level: alert.state };
	close(now);
	return all;
}

export class AlertList {
	/* page: { place(), silence(number), span(), signal } */
	constructor(page) {
		this.page = page;
		this.list = h('ul', { class: 'alerts' });
		this.calm = h('p', { class: 'calm' });
		this.more = h('p', { class: 'rest' });
		this.root = h('section', { 'aria-label': 'What is wrong' },
		    this.calm, this.list, this.more);
		this.looked = new Map();
	}

	/* calm: what to say when nothing is wrong. */
	show(alerts, calm) {
		const all = folded(firing(alerts));

		keyed(this.list, all.slice(0, MOST), (x) => Array.isArray(x) ?
			trouble(x[0]) : `${x.rule} ${x.series}`, (x) =>
			Array.isArray(x) ? groupLine(this.page) :
				alertLine(x, this.page));
		this.calm.hidden = all.length > 0;
		this.calm.replaceChildren(...calm);
		this.list.hidden = all.length === 0;
		this.more.hidden = all.length <= MOST;
		say(this.more, `${all.length - MOST} more: fettlectl alerts`);
		this.look(all.slice(0, MOST).filter((x) => !Array.isArray(x)));
	}

	/* The past of each, for its line and its forecast. */
	async look(alerts) {
		const now = hubNow();
		const { range, zoom } = this.page.place();
		const shown = [range, zoom?.from, zoom?.to].join();

		if (this.shown !== shown)
			this.looked.clear();
		this.shown = shown;
		const due = alerts.filter((a) =>
			!(now - this.looked.get(a.series) < REFRESH));

		if (!due.length)
			return;
		for (const a of due)
			this.looked.set(a.series, now);
		try {
			const answers = await query(due.map((a) => a.series),
			    this.page.span(), this.page.signal, 30);

			for (const s of answers.flatMap((a) => a.series))
				for (const item of this.linesOf(s.series))
					item.draw(s.mean);
			for (const a of due)
				await this.foresee(a);
		} catch {
			/* without its past a line says what it says */
		}
	}

	/* What fills has bytes used beside percent. */
	async foresee(a) {
		if (a.unit !== 'percent' || a.field !== 'percent' || !a.instance)
			return;
		const left = await askUntilFull(a.series, hubNow(),
		    this.page.signal, a.series.replace(/percent$/, 'used'));

		for (const item of this.linesOf(a.series)) {
			item.forecast = left === null ? '' :
			    `full in about ${about(left)}`;
			item.update(item.alert);
		}
	}

	linesOf(series) {
		return [...this.list.children].filter((item) =>
			item.alert?.series === series);
	}

	/* Only the clock has moved. */
	tick() {
		for (const item of this.list.children)
			item.update(item.alert ?? item.alerts);
	}
}

/* "1 failing", for the title of the page and the line at the top. */
export function tally(hosts) {
	const counts = new Map();

	for (const { state } of hosts)
		counts.set(state, (counts.get(state) ?? 0) + 1);
	const names = { failure: 'failing' };

	return ['failure', 'warning', 'no-data', 'silent'].filter((s) =>
		counts.get(s)).map((s) => [s, `${counts.get(s)} ${names[s] ??
		word(s)}`]);
}
