/* SPDX-License-Identifier: MIT */
/*
 * A host's page: who it is, what is wrong with it, and all its series as
 * charts with one time and one cursor.
 */
import { AlertList, episodes, firing } from './alerts.js';
import { ask, hubNow } from './api.js';
import { Chart } from './chart.js';
import { Loader } from './data.js';
import { h, keyed, say } from './dom.js';
import { duration, period, zone } from './format.js';
import { mark } from './mark.js';
import { noSeries, unknownHost } from './notes.js';
import { plan } from './plan.js';
import { moved, span, zoomed } from './state.js';

const NEW_SERIES = 10000; /* ms after which unknown ones are looked at */
const OPEN = 12; /* charts of a plugin that are seen at once */

/* A host's name as a pattern that only it matches. */
export function hostPattern(host) {
	return host.replace(/[\\*?[\]{}:]/g, '\\$&');
}

export class HostPage {
	constructor(app, host) {
		this.app = app;
		this.host = host;
		this.stop = new AbortController();
		this.loader = new Loader();
		this.charts = new Set();
		this.known = new Set();
		this.page = { span: () => this.span(), loader: this.loader,
			signal: this.stop.signal,
			alerts: (series) => this.shading(series),
			zoom: (from, to) => this.go(zoomed(app.place, from, to)),
			reset: () => this.go({ ...app.place, zoom: null }) };
		this.repaint = () => this.charts.forEach((c) => c.repaint());
		document.addEventListener('theme', this.repaint);
		this.build();
		this.load();
	}

	build() {
		const step = (label, part, sign) => h('button', { type: 'button',
			class: 'square', 'aria-label': label, title: label,
			onclick: () => this.go(moved(this.app.place, part, hubNow())),
		}, sign);

		this.state = mark();
		this.tags = h('ul', { class: 'tags', 'aria-label': 'tags' });
		this.facts = h('p', { class: 'facts' });
		this.when = h('span', { class: 'when' });
		this.live = h('button', { type: 'button', class: 'small',
			onclick: () => this.page.reset() }, 'back to now');
		this.wrong = new AlertList({ place: () => this.app.place,
			silence: (n) => this.app.silence(n),
			signal: this.stop.signal, span: () => this.span() });
		this.sections = h('div', { class: 'sections' });
		this.root = h('div', { class: 'host-page' },
		    h('div', { class: 'title' }, h('h1', { title: this.host }, this.host), this.state,
			this.tags, this.facts),
		    this.wrong.root,
		    h('div', { class: 'window' },
			step('earlier', -0.5, '\u2190'), step('later', 0.5, '\u2192'),
			this.when, this.live),
		    this.sections);
	}

	/* --- what there is ---------------------------------------------------- */

	async load() {
		this.asking = true;
		try {
			const { series } = await ask('series',
			    { host: hostPattern(this.host) }, this.stop.signal);

			this.app.fine('series');
			this.known = new Set(series.map((s) => s.series));
			/* the host as names have it, quoted, and the colon */
			this.prefix = series[0]?.series.match(/^(\\.|[^:\\])*:/)[0];
			this.show(series);
		} catch (e) {
			if (!this.stop.signal.aborted)
				this.app.wrong('series', e);
		}
		this.asking = false;
	}

	show(series) {
		const known = Boolean(this.app.hosts?.some((x) =>
			x.host === this.host));

		if (!series.length) {
			if (this.empty !== known)
				this.sections.replaceChildren(known ? noSeries() :
				    unknownHost(this.host));
			this.sections.kept = null;
			this.empty = known;
			return;
		}
		this.empty = null;
		if (!this.sections.kept)
			this.sections.replaceChildren();
		const plans = plan(series);
		const size = (specs) => specs.map((c) => c.lines.length).join(' ');

		keyed(this.sections, [
			{ plugin: '', specs: plans.flatMap((p) => p.main) },
			...plans.map((p) => ({ plugin: p.plugin, specs: p.rest,
				open: plans.length === 1 || (!p.main.length &&
				    p.rest.length <= OPEN),
				more: p.main.length > 0 }))
			    .sort((a, b) => b.open - a.open),
		].filter((s) => s.specs.length),
		(s) => JSON.stringify([s.plugin, size(s.specs)]),
		(s) => s.plugin ? this.section(s) : this.first(s));
		for (const chart of this.charts)
			if (!chart.root.isConnected)
				this.charts.delete(chart);
	}

	/* What says most of the machine. */
	first({ specs }) {
		const grid = h('div', { class: 'grid' });

		this.put(grid, specs);
		return h('section', null, h('h2', { class: 'unseen' }, 'The machine'),
		    grid);
	}

	/* A plugin; what says less is closed, below the others, and made when it is
	 * opened. */
	section({ plugin, specs, open, more }) {
		const grid = h('div', { class: 'grid' });
		const fill = () => {
			if (box.open && !grid.firstChild)
				this.put(grid, specs);
		};
		const box = h('details', { class: 'section', open, ontoggle: fill },
		    h('summary', null, h('h2', null, plugin),
			h('span', { class: 'count' }, `${more ? 'more: ' : ''}` +
			    `${specs.length} ` +
			    (specs.length === 1 ? 'chart' : 'charts'))), grid);

		fill();
		return box;
	}

	put(grid, specs) {
		for (const spec of specs) {
			const chart = new Chart(spec, this.page);

			this.charts.add(chart);
			grid.append(chart.root);
		}
	}

	/* --- what happens ----------------------------------------------------- */

	span() {
		return span(this.app.place, hubNow());
	}

	go(place) {
		this.app.go({ ...place, host: this.host });
	}

	change() {
		this.loader.cancel();
		for (const chart of this.charts)
			chart.reload();
		this.alerts();
		this.tick();
	}

	shading(series) {
		const names = new Set(series.map((s) => s.series));

		return (this.app.alerts?.alerts ?? []).filter((a) =>
			names.has(a.series)).flatMap((a) => episodes(a, hubNow()));
	}

	/* What could not be had, or was not there yet, is asked for again. */
	again() {
		if (!this.prefix && !this.asking)
			this.load();
		for (const chart of this.charts)
			if (chart.failed)
				chart.reload();
	}

	hosts() {
		const x = this.app.hosts?.find((y) => y.host === this.host);

		this.again();
		if (!x)
			return;
		this.info = x;
		this.state.show(x.state);
		keyed(this.tags, Object.entries(x.tags ?? {}), (t) => t.join('='),
		    (t) => h('li', null, t.join('=')));
		this.tick();
	}

	alerts() {
		const { alerts } = this.app;
		const mine = { ...alerts, alerts: firing(alerts)
		    .filter((a) => a.host === this.host) };

		this.wrong.root.hidden = mine.alerts.length === 0;
		this.wrong.show(mine, []);
	}

	values({ host, time, values }) {
		if (host !== this.host || !this.prefix)
			return;
		const mine = new Map(values.map(([name, v]) =>
			[this.prefix + name, v]));

		if (this.info && time > this.info.last_seen)
			this.info.last_seen = time;
		for (const chart of this.charts)
			chart.add(time, mine);
		if (this.known.size && !this.later &&
		    [...mine.keys()].some((n) => !this.known.has(n)))
			this.later = setTimeout(() => {
				this.later = null;
				this.load();
			}, NEW_SERIES);
	}

	/* The stream was away: what was missed is asked for. */
	back() {
		this.change();
	}

	tick() {
		const s = this.span();
		const now = hubNow();
		const x = this.info;

		say(this.when, `${period(s.from, s.to, now)} ${zone(s.to)}`);
		this.live.hidden = s.live;
		if (x)
			say(this.facts, [x.uptime && `up ${duration(x.uptime)}`,
				`seen ${duration(now - x.last_seen)} ago`,
				x.interval && `every ${duration(x.interval)}`,
				x.version && `fettle ${x.version}`]
			    .filter(Boolean).join(' \u00b7 '));
		if (s.live)
			for (const chart of this.charts)
				chart.draw();
		this.wrong.tick();
	}

	remove() {
		this.stop.abort();
		this.app.fine('series');
		this.loader.cancel();
		clearTimeout(this.later);
		document.removeEventListener('theme', this.repaint);
		for (const chart of this.charts)
			chart.remove();
		this.root.remove();
	}
}
