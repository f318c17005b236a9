/* SPDX-License-Identifier: MIT */
/*
 * What is wrong, worst first: a line an alert, with the value against its
 * limit, since when, what became of the series, and on demand its timeline.
 */
import { h, keyed, say } from './dom.js';
import { about, duration, moment, tick, value } from './format.js';
import { query } from './data.js';
import { isState, mark, rank, word } from './mark.js';
import { silenceDialog } from './silence.js';
import { spark } from './spark.js';
import { address } from './state.js';
import { askUntilFull } from './trend.js';
import { hubNow } from './api.js';

const MOST = 50;
const REFRESH = 30; /* seconds between looks at the past of a series */

/* Those that are of interest: firing, or about to. */
export function firing(alerts) {
	return (alerts?.alerts ?? []).filter((a) => a.state !== 'ok' &&
		a.state !== 'closed')
	    .sort((a, b) => (a.silence ? 1 : 0) - (b.silence ? 1 : 0) ||
		rank(a.state) - rank(b.state) || a.since - b.since);
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

function limitText(a) {
	if (!Number.isFinite(a.limit))
		return '';
	return `${a.below ? '\u2264' : '\u2265'} ${tick(a.limit, a.unit, 'gauge')}`;
}

function whatOf(a) {
	const name = [a.plugin, a.instance].filter(Boolean).join(' ');

	return a.field === 'percent' || !a.field ? name :
	    `${name} ${a.field.replaceAll('_', ' ')}`;
}

function timeline(a) {
	const now = hubNow();
	const rows = [...a.timeline ?? []].reverse().map((e) => {
		const m = mark();

		if (isState(e.state))
			m.show(e.state);
		return h('li', null, h('time', null, moment(e.time, now)), m,
		    h('span', { class: 'number' }, Number.isFinite(e.value) ?
			value(e.value, a.unit, 'gauge') : ''),
		    h('span', null, e.text ?? ''));
	});

	return rows.length ? rows : [h('li', null, 'Nothing is recorded of it.')];
}

/* One line.  page: { place(), silences(number) } */
function line(first, page) {
	const state = mark();
	const host = h('a', { class: 'host' });
	const what = h('span', { class: 'what' });
	const amount = h('strong', { class: 'number' });
	const limit = h('span', { class: 'limit' });
	const since = h('span', { class: 'since' });
	const note = h('span', { class: 'note' });
	const sparkle = spark();
	const list = h('ol', { class: 'timeline', hidden: true });
	const open = h('button', { type: 'button', class: 'small',
		'aria-expanded': 'false', onclick: () => {
			list.hidden = !list.hidden;
			open.setAttribute('aria-expanded', String(!list.hidden));
		} }, 'timeline');
	const hush = h('button', { type: 'button', class: 'small',
		onclick: () => silenceDialog(item.alert) }, 'silence');
	const item = h('li', null, h('div', { class: 'alert' }, state, host,
	    h('span', { class: 'facts' }, what, amount, limit), since, note,
	    sparkle, h('span', { class: 'buttons' }, open, hush)), list);

	open.setAttribute('aria-label', `timeline of ${first.series}`);
	hush.setAttribute('aria-label', `silence ${first.series}`);
	item.update = (a) => {
		const silence = a.silence && page.silence(a.silence);

		item.alert = a;
		item.classList.toggle('silenced', Boolean(a.silence));
		state.show(a.state);
		say(host, a.host ?? '');
		host.hidden = !a.host;
		host.href = address({ ...page.place(), host: a.host, q: '',
			sort: '' });
		say(what, whatOf(a));
		say(amount, Number.isFinite(a.value) ?
		    value(a.value, a.unit, 'gauge') : '');
		say(limit, limitText(a));
		say(since, a.since ? `for ${duration(hubNow() - a.since)}` : '');
		say(note, silence ? `silenced until ${moment(silence.until,
		    hubNow())}: ${silence.reason ?? ''}` :
		    a.silence ? 'silenced' : item.forecast ?? '');
		const key = `${a.timeline?.length} ${a.timeline?.at(-1)?.time}`;

		if (key !== item.key)
			list.replaceChildren(...timeline(a));
		item.key = key;
	};
	item.draw = (points) => sparkle.draw(points,
	    first.unit === 'percent' ? 100 : 0);
	return item;
}

export class AlertList {
	/* page as above, and span(), signal */
	constructor(page) {
		this.page = page;
		this.list = h('ul', { class: 'alerts' });
		this.calm = h('p', { class: 'calm' });
		this.more = h('p', { class: 'rest' });
		this.root = h('section', { 'aria-label': 'What is wrong' },
		    this.calm, this.list, this.more);
		this.looked = new Map();
	}

	/* What to say when nothing is wrong: text, and whether it is good. */
	show(alerts, calm) {
		const all = firing(alerts);

		keyed(this.list, all.slice(0, MOST),
		    (a) => `${a.rule} ${a.series}`,
		    (a) => line(a, this.page));
		this.calm.hidden = all.length > 0;
		say(this.calm, calm);
		this.list.hidden = all.length === 0;
		this.more.hidden = all.length <= MOST;
		say(this.more, `${all.length - MOST} more: fettlectl alerts`);
		this.look(all.slice(0, MOST));
	}

	/* The past of each, for its line and its forecast. */
	async look(alerts) {
		const now = hubNow();
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
				for (const item of this.list.children)
					if (item.alert?.series === s.series)
						item.draw(s.mean);
			for (const a of due)
				await this.foresee(a);
		} catch {
			/* without its past a line says what it says */
		}
	}

	/* What fills has total and used beside percent. */
	async foresee(a) {
		if (a.unit !== 'percent' || a.field !== 'percent' || !a.instance)
			return;
		const stem = a.series.replace(/percent$/, '');
		const left = await askUntilFull(`${stem}used`, `${stem}total`,
		    hubNow(), this.page.signal);

		for (const item of this.list.children)
			if (item.alert === a || item.alert?.series === a.series) {
				item.forecast = left === null ? '' :
				    `full in about ${about(left)}`;
				item.update(item.alert);
			}
	}

	/* Only the clock has moved. */
	tick() {
		for (const item of this.list.children)
			item.update(item.alert);
	}
}

/* "1 failing", for the title of the page and the line at the top. */
export function tally(hosts) {
	const counts = new Map();

	for (const { state } of hosts)
		counts.set(state, (counts.get(state) ?? 0) + 1);
	const names = { failure: 'failing', ok: '' };

	return ['failure', 'warning', 'no-data', 'silent'].filter((s) =>
		counts.get(s)).map((s) => [s, `${counts.get(s)} ${names[s] ??
		word(s)}`]);
}
