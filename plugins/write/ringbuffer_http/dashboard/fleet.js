/* SPDX-License-Identifier: MIT */
/*
 * The fleet: a table of which only the rows in view exist.  Rows are equally
 * high; one empty row above and one below stand for those that are not there.
 */
import { h, keyed, say } from './dom.js';
import { clock, duration, plain, value } from './format.js';
import { mark, rank } from './mark.js';
import { spark } from './spark.js';
import { address } from './state.js';
import { hubNow } from './api.js';

const SPARE = 8; /* rows drawn beyond the view */

const byName = new Intl.Collator('en', { numeric: true }).compare;
const worst = (x) => x ?? -1;
/* down: the greatest comes first. */
const COLUMNS = [
	{ id: 'host', name: 'host', less: (a, b) => byName(a.host, b.host) },
	{ id: '', name: 'state', less: (a, b) => rank(a.state) - rank(b.state) },
	{ id: 'cpu', name: 'cpu', down: true,
		less: (a, b) => worst(b.cpu?.value) - worst(a.cpu?.value) },
	{ id: 'memory', name: 'memory', down: true,
		less: (a, b) => worst(b.memory?.value) - worst(a.memory?.value) },
	{ id: 'disk', name: 'fullest disk', down: true,
		less: (a, b) => worst(b.disk?.value) - worst(a.disk?.value) },
	{ id: 'load', name: 'load', down: true,
		less: (a, b) => worst(b.load) - worst(a.load) },
	{ id: 'network', name: 'network', down: true,
		less: (a, b) => worst(b.network?.value) - worst(a.network?.value) },
	{ id: 'seen', name: 'last seen', less: (a, b) => a.last_seen - b.last_seen },
];

/* The hosts that have every word in their name, state or tags. */
function matching(hosts, q) {
	const wanted = q.toLowerCase().split(/\s+/).filter(Boolean);

	return hosts.filter((x) => {
		const text = [x.host, x.state, ...Object.entries(x.tags ?? {})
		    .map(([k, v]) => `${k}=${v}`)].join(' ').toLowerCase();

		return wanted.every((w) => text.includes(w));
	});
}

function sorted(hosts, id) {
	const column = COLUMNS.find((c) => c.id === id) ?? COLUMNS[1];

	return [...hosts].sort((a, b) => column.less(a, b) ||
	    byName(a.host, b.host));
}

/* A cell with a line and a number; set(member) fills it. */
function trace(unit, kind, top) {
	const number = h('span', { class: 'number' });
	const line = spark();
	const cell = h('td', null, h('span', { class: 'trace' }, line, number));

	cell.set = (m) => {
		line.draw(m?.points ?? [], top);
		say(number, m ? value(m.value, unit, kind) : '\u2013');
	};
	return cell;
}

function makeRow(page) {
	const link = h('a');
	const state = mark();
	const cpu = trace('percent', 'gauge', 100);
	const memory = trace('percent', 'gauge', 100);
	const network = trace('bytes', 'counter', 0);
	const mount = h('span', { class: 'mount' });
	const full = h('span', { class: 'number' });
	const disk = h('td', null, h('span', { class: 'trace' }, mount, full));
	for (const [cell, name] of [[cpu, 'cpu'], [memory, 'mem']])
		cell.firstChild.setAttribute('data-name', name);
	const load = h('td', { class: 'load' }, h('span', { class: 'number' }));
	const seen = h('td', { class: 'seen' });
	/* on a narrow screen there are no more columns than these */
	const none = h('td', { colspan: '3', class: 'nothing' });
	const row = h('tr', null, h('th', { scope: 'row' }, link),
	    h('td', null, state), none, cpu, memory, disk, load, network, seen);

	network.classList.add('network');
	row.update = (x) => {
		const silent = x.state === 'silent';
		const now = hubNow();

		row.setAttribute('aria-rowindex', x.index + 2);
		say(link, x.host);
		link.title = x.host;
		link.href = address({ ...page.place(), host: x.host, q: '',
			sort: '' });
		state.show(x.state);
		for (const cell of [cpu, memory, disk])
			cell.hidden = silent;
		for (const cell of [load, network])
			cell.firstChild.hidden = silent;
		none.hidden = !silent;
		if (silent)
			say(none, `no data since ${clock(x.last_seen, false)}`);
		cpu.set(x.cpu);
		memory.set(x.memory);
		network.set(x.network);
		say(mount, x.disk?.mount ?? '');
		mount.title = x.disk?.mount ?? '';
		say(full, x.disk ? value(x.disk.value, 'percent', 'gauge') :
		    '\u2013');
		say(load.firstChild, plain(x.load));
		say(seen, duration(now - x.last_seen));
	};
	return row;
}

function spacer() {
	return h('tr', { class: 'spacer', 'aria-hidden': 'true' },
	    h('td'));
}

export class Fleet {
	/* page: { place(), sort(id) } */
	constructor(page) {
		this.page = page;
		this.rows = [];
		this.body = h('tbody', { onkeydown: (e) => this.key(e) });
		this.above = h('tbody', null, spacer());
		this.below = h('tbody', null, spacer());
		this.heads = COLUMNS.map((c) => h('th', { scope: 'col',
			class: c.id || 'state' }, h('button', { type: 'button',
			class: 'quiet', onclick: () => page.sort(c.id) }, c.name)));
		this.none = h('p', { class: 'empty' });
		this.table = h('table', { class: 'fleet' },
		    h('caption', { class: 'unseen' }, 'Hosts'),
		    h('thead', null, h('tr', { 'aria-rowindex': '1' }, this.heads)),
		    this.above, this.body, this.below);
		this.root = h('section', { 'aria-label': 'Hosts' }, this.table,
		    this.none);
		this.redraw = () => this.draw();
		addEventListener('scroll', this.redraw, { passive: true });
		addEventListener('resize', this.redraw);
	}

	show(hosts, place) {
		this.rows = sorted(matching(hosts, place.q), place.sort)
		    .map((x, index) => ({ ...x, index }));
		COLUMNS.forEach((c, i) => this.heads[i].setAttribute('aria-sort',
		    c.id !== place.sort ? 'none' : c.down ? 'descending' :
			'ascending'));
		this.table.setAttribute('aria-rowcount', this.rows.length + 1);
		this.table.hidden = this.rows.length === 0;
		this.none.hidden = this.rows.length > 0;
		say(this.none, `No host has \u201c${place.q}\u201d in its name, ` +
		    'state or tags. Escape clears the search.');
		this.draw();
	}

	draw() {
		if (!this.root.isConnected)
			return;
		const height = parseFloat(getComputedStyle(this.table)
		    .getPropertyValue('--row'));
		const top = this.table.getBoundingClientRect().top +
		    this.table.tHead.offsetHeight;
		const first = Math.max(0, Math.floor(-top / height) - SPARE);
		const end = Math.min(this.rows.length, first + 2 * SPARE +
		    Math.ceil(innerHeight / height));

		this.space(this.above, first * height);
		this.space(this.below, (this.rows.length - end) * height);
		keyed(this.body, this.rows.slice(first, end), (x) => x.host,
		    () => makeRow(this.page));
	}

	space(part, height) {
		part.hidden = height <= 0;
		part.firstChild.firstChild.style.height = `${Math.max(0, height)}px`;
	}

	/* Up and down go from host to host. */
	key(e) {
		const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
		const row = e.target.closest('tr');

		if (!by || !row)
			return;
		e.preventDefault();
		e.stopPropagation();
		const next = by > 0 ? row.nextElementSibling :
		    row.previousElementSibling;

		next?.querySelector('a').focus();
		next?.scrollIntoView({ block: 'nearest' });
		/* a key that is held comes again before the page scrolls */
		this.draw();
	}

	remove() {
		removeEventListener('scroll', this.redraw);
		removeEventListener('resize', this.redraw);
	}
}
