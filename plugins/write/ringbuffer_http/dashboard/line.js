/* SPDX-License-Identifier: MIT */
/*
 * A line of what is wrong: the value against its limit, since when, what became
 * of the series, and on demand its timeline.  The same trouble of many hosts is
 * one line, which opens into theirs.
 */
import { hubNow } from './api.js';
import { h, keyed, say } from './dom.js';
import { duration, moment, tick, value } from './format.js';
import { isState, mark } from './mark.js';
import { silenceDialog } from './silence.js';
import { spark } from './spark.js';
import { address } from './state.js';

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

/* Since when it has been as bad as it is: what was a warning at first has been
 * wrong for longer than that. */
export function levelSince(a) {
	const moves = (a.timeline ?? []).filter((e) => isState(e.state));
	const last = moves.findLastIndex((e) => e.state !== a.state);
	const before = moves[last]?.state;

	return moves[last + 1] && before && before !== 'ok' &&
	    before !== 'pending' ? moves[last + 1].time : a.since;
}

function sinceText(since) {
	return since ? `for ${duration(hubNow() - since)}` : '';
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

	return rows.length ? rows : [h('li', { class: 'none' }, 'Nothing is recorded of it.')];
}

/* A button that shows what is hidden, and hides it again; shown(): called
 * before it is seen. */
function opener(text, label, hidden, shown) {
	const button = h('button', { type: 'button', class: 'small',
		'aria-expanded': 'false', 'aria-label': label, onclick: () => {
			hidden.hidden = !hidden.hidden;
			button.setAttribute('aria-expanded', String(!hidden.hidden));
			shown?.();
		} }, text);

	return button;
}

/*
 * The line of an alert; page: { place(), silence(number) }.  Its update(alert)
 * shows it as it is now, its draw(points) what the series was, and its
 * forecast is a text that says when something will be full.
 */
export function alertLine(first, page) {
	const state = mark();
	const host = h('a', { class: 'host' });
	const what = h('span', { class: 'what' });
	const amount = h('strong', { class: 'number' });
	const limit = h('span', { class: 'limit' });
	const since = h('span', { class: 'since' });
	const note = h('span', { class: 'note' });
	const sparkle = spark();
	const list = h('ol', { class: 'timeline', hidden: true });
	const hush = h('button', { type: 'button', class: 'small',
		'aria-label': `silence ${first.series}`,
		onclick: () => silenceDialog(item.alert) }, 'silence');
	const item = h('li', null, h('div', { class: 'alert' }, state, host,
	    h('span', { class: 'facts' }, what, amount, limit), since, note,
	    sparkle, h('span', { class: 'buttons' },
		opener('timeline', `timeline of ${first.series}`, list), hush)),
	list);

	item.update = (a) => {
		const silence = a.silence && page.silence(a.silence);

		item.alert = a;
		item.classList.toggle('silenced', Boolean(a.silence));
		state.show(a.state);
		say(host, a.host ?? '');
		host.title = a.host ?? '';
		host.href = address({ ...page.place(), host: a.host, q: '',
			sort: '' });
		say(what, whatOf(a));
		what.title = whatOf(a);
		say(amount, Number.isFinite(a.value) ?
		    value(a.value, a.unit, 'gauge') : '');
		say(limit, limitText(a));
		say(since, sinceText(levelSince(a)));
		say(note, silence ? `silenced until ${moment(silence.until,
		    hubNow())}: ${silence.reason ?? ''}` :
		    a.silence ? 'silenced' : item.forecast ?? '');
		const key = `${a.timeline?.length} ${a.timeline?.at(-1)?.time}`;

		if (key !== item.key)
			list.replaceChildren(...timeline(a));
		item.key = key;
	};
	item.draw = (points) => sparkle.drawBeside(points, item.alert.limit);
	return item;
}

/* The line of several alerts that differ in their hosts alone. */
export function groupLine(page) {
	const state = mark();
	const count = h('strong', { class: 'host' });
	const what = h('span', { class: 'facts' });
	const since = h('span', { class: 'since' });
	const names = h('span', { class: 'note names' });
	const list = h('ul', { class: 'alerts', hidden: true });
	const item = h('li', { class: 'group' }, h('div', { class: 'alert' }, state,
	    count, what, since, names, h('span', { class: 'buttons' },
		opener('each host', 'each host of these', list, () => fill()))),
	list);
	const fill = () => {
		if (!list.hidden)
			keyed(list, item.alerts, (a) => a.series,
			    (a) => alertLine(a, page));
	};

	item.update = (alerts) => {
		item.alerts = alerts;
		state.show(alerts[0].state);
		say(count, `${alerts.length} hosts`);
		say(what, whatOf(alerts[0]));
		say(since, sinceText(Math.min(...alerts.map(levelSince))));
		say(names, alerts.slice(0, 99).map((a) => a.host).join(', '));
		fill();
	};
	return item;
}
