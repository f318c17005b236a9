/* SPDX-License-Identifier: MIT */
/*
 * A chart: title, numbers, plot, and behind it a summary in words and a table.
 * It loads when it comes near the window and draws only while it is there.
 */
import { h, say } from './dom.js';
import { Points } from './data.js';
import { about, moment, tick, value } from './format.js';
import { rowAt } from './heat.js';
import { makePlot } from './plot.js';
import { summary, table } from './told.js';
import { askUntilFull } from './trend.js';
import { hubNow } from './api.js';

const FORECAST = 300; /* seconds after which it is made anew */

const near = new IntersectionObserver((entries) => {
	for (const e of entries)
		e.target.chart?.sight(e.isIntersecting);
}, { rootMargin: '300px' });

const sized = new ResizeObserver((entries) => {
	for (const e of entries)
		e.target.chart?.resize(Math.floor(e.contentRect.width));
});

export class Chart {
	/* page: { span(), loader, alerts(series), zoom(from, to), reset(), signal } */
	constructor(spec, page) {
		this.spec = spec;
		this.page = page;
		this.names = [...spec.lines.map((l) => l.s), spec.head, spec.total]
		    .filter(Boolean);
		this.points = new Points(this.names);
		this.seen = false;
		this.at = null;
		this.build();
	}

	build() {
		const { spec } = this;
		const s = spec.lines[0].s;

		this.time = h('span', { class: 'time' });
		this.head = h('span', { class: 'now' });
		this.note = h('span', { class: 'note' });
		this.box = h('div', { class: 'plot', role: 'img',
			'aria-label': `${spec.title}: not drawn yet` });
		this.box.chart = this;
		this.values = h('ul', { class: 'values' });
		this.table = h('div', { class: 'data', hidden: true, tabindex: '0',
			role: 'region', 'aria-label': `${spec.title}, data` });
		this.button = h('button', { type: 'button', class: 'quiet small',
			'aria-expanded': 'false', onclick: () => this.toggleTable() },
		'table');
		this.button.setAttribute('aria-label', `table of ${spec.title}`);
		this.root = h('figure', { class: `chart ${spec.kind}` },
		    h('figcaption', null, h('h3', { title: [`${s.plugin}.${s.field}`, s.help]
			.filter(Boolean).join(': ') }, spec.title), this.head, this.note,
			this.time, this.button),
		    h('div', { class: 'body' }, this.box, this.values), this.table);
		this.root.chart = this;
		this.makeValues();
		near.observe(this.root);
		sized.observe(this.box);
	}

	makeValues() {
		const { spec } = this;
		const rows = spec.kind === 'heat' ? [] : [...spec.lines.entries()];

		this.numbers = rows.map(([i, line]) => ({ line,
			number: h('span', { class: 'number' }),
			item: null, colour: i % 8 }));
		for (const n of this.numbers)
			n.item = h('li', { title: [n.line.s.series, n.line.s.help].filter(Boolean)
			    .join(': ') },
			    h('span', { class: `swatch c${n.colour}` }),
			    h('span', { class: 'name' }, n.line.name), n.number);
		/* a stack is read from its top */
		const items = this.numbers.map((n) => n.item);

		this.values.append(...spec.kind === 'stack' ? items.reverse() : items);
		if (spec.total)
			this.values.prepend(h('li', null, h('span',
			    { class: 'swatch dashed' }), h('span', { class: 'name' },
			    'total'), this.totalNumber = h('span', { class: 'number' })));
		if (spec.left > 0)
			this.values.append(h('li', { class: 'left' },
			    `and ${spec.left} with less`));
		if (spec.kind === 'heat') {
			this.row = h('span', { class: 'number' });
			this.rowName = h('span', { class: 'name' });
			this.values.append(h('li', { class: 'left' },
			    `${spec.lines.length} ${spec.rows}s`),
			h('li', null, this.rowName, this.row),
			h('li', { class: 'scale' },
			    ...[0, 1, 2, 3, 4, 5].map((i) =>
				h('span', { class: `step h${i}` }))),
			h('li', { class: 'ends' }, h('span', null, '0'),
			    h('span', null, '100 %')));
		}
	}

	/* --- life ------------------------------------------------------------- */

	sight(inView) {
		const first = inView && !this.seen;

		this.inView = inView;
		this.seen ||= inView;
		if (first)
			this.load();
		else if (inView)
			this.draw();
	}

	load() {
		this.wanted = true;
		this.page.loader.want(this, this.page.span());
	}

	/* The window is another one. */
	reload() {
		if (this.inView)
			this.load();
		else
			this.seen = false;
	}

	loaded(error) {
		this.wanted = false;
		this.failed = Boolean(error);
		this.root.classList.toggle('failed', this.failed);
		this.say(error ? error.message : '');
		if (error)
			return;
		this.draw();
		this.judge();
		if (!this.table.hidden)
			this.fillTable();
	}

	/* Parts of a stack that were nothing all the time need no line. */
	hideIdle() {
		if (this.spec.kind !== 'stack')
			return;
		for (const n of this.numbers) {
			const { mean } = this.points.of.get(n.line.s.series);

			n.item.hidden = !mean.some((v) => v > 0);
		}
	}

	async judge() {
		if (!this.spec.fills)
			return;
		this.judged = hubNow();
		try {
			const left = await askUntilFull(this.spec.lines[0].s.series,
			    hubNow(), this.page.signal);

			this.say(left === null ? '' : left < 60 ? 'full' :
			    `full in about ${about(left)}`);
		} catch {
			this.say('');
		}
	}

	say(text) {
		say(this.note, text);
	}

	add(time, values) {
		const { from, live } = this.page.span();

		this.points.hear(time, values, hubNow());
		if (!live || !this.seen || this.wanted)
			return;
		this.points.add(time, values);
		this.points.since(from);
	}

	resize(width) {
		if (width > 0)
			this.plot?.resize(width);
	}

	/* Colours have changed. */
	repaint() {
		this.plot?.destroy();
		this.plot = null;
		this.draw();
	}

	remove() {
		near.unobserve(this.root);
		sized.unobserve(this.box);
		this.plot?.destroy();
		this.root.remove();
	}

	/* --- drawing ---------------------------------------------------------- */

	draw() {
		const { from, to, live } = this.page.span();

		if (!this.inView || !this.seen || this.wanted)
			return;
		if (live)
			this.points.since(from);
		this.hideIdle();
		if (this.judged < hubNow() - FORECAST)
			this.judge();
		const width = this.box.clientWidth;

		if (!this.plot && width > 0)
			this.plot = makePlot(this.box, this.spec, this.points,
			    () => this.page.alerts(this.names), {
				cursor: (i, u) => this.point(i, u),
				zoom: this.page.zoom, reset: this.page.reset,
			}, width, this.box.clientHeight);
		this.plot?.show(from, to);
		this.root.classList.toggle('empty', !this.points.xs.length);
		this.numbersAt(this.at);
		this.describe();
	}

	point(i, u) {
		this.at = i;
		this.numbersAt(i, u);
	}

	/* What it is now, or was when the window ends that does not move. */
	latest({ series }) {
		return this.page.span().live ?
			this.points.newest(series, hubNow()) :
			this.points.last(series);
	}

	/* The numbers at an index, or the newest. */
	numbersAt(i, u) {
		const { spec, points } = this;
		const x = i === null ? undefined : points.xs[i];
		const get = (s) => x === undefined ? this.latest(s) :
		    points.of.get(s.series).mean[i];

		for (const n of this.numbers)
			say(n.number, value(get(n.line.s), spec.unit, spec.valueKind));
		if (spec.total)
			say(this.totalNumber, value(get(spec.total), spec.unit, 'gauge'));
		if (spec.head)
			say(this.head, value(get(spec.head), spec.head.unit, 'gauge'));
		else if (spec.fills)
			say(this.head, this.fillText(get(spec.lines[0].s)));
		say(this.time, x === undefined ? '' : moment(x, hubNow()));
		if (this.row)
			this.rowNumber(u, x === undefined ? null : i);
	}

	fillText(percent) {
		return percent === null || percent === undefined ? '' :
		    `${value(percent, 'percent')} of ${tick(this.spec.fills.value, 'bytes',
			'gauge')}`;
	}

	rowNumber(u, i) {
		const { lines } = this.spec;

		const at = (l) => i === null ? this.latest(l.s) :
		    this.points.of.get(l.s.series).mean[i];
		const over = u && u.over.matches(':hover');
		const line = over ? lines[rowAt(u, lines.length)] :
		    lines.reduce((a, b) => at(b) > at(a) ? b : a);

		say(this.rowName, over ? `${this.spec.rows} ${line.name}` :
		    `most: ${this.spec.rows} ${line.name}`);
		say(this.row, value(at(line), 'percent'));
	}

	/* --- for who does not see it ------------------------------------------ */

	describe() {
		this.box.setAttribute('aria-label', summary(this.spec, this.points));
	}

	toggleTable() {
		this.table.hidden = !this.table.hidden;
		this.button.setAttribute('aria-expanded', String(!this.table.hidden));
		if (!this.table.hidden)
			this.fillTable();
	}

	fillTable() {
		this.table.replaceChildren(table(this.spec, this.points));
	}
}
