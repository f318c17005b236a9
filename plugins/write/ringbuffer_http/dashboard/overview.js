/* SPDX-License-Identifier: MIT */
/* The overview: what is wrong, then the fleet. */
import { h } from './dom.js';
import { AlertList } from './alerts.js';
import { Fleet } from './fleet.js';
import { seconds } from './state.js';
import { hubNow } from './api.js';
import { mark } from './mark.js';
import { nobody } from './notes.js';

export class Overview {
	/* app: { place, go(place), hosts, alerts } */
	constructor(app) {
		this.app = app;
		this.stop = new AbortController();
		this.wrong = new AlertList({ place: () => app.place,
			silence: (n) => app.silence(n), signal: this.stop.signal,
			span: () => ({ from: hubNow() - seconds(app.place.range),
				to: hubNow() }) });
		this.fleet = new Fleet({ place: () => app.place,
			sort: (sort) => app.go({ ...app.place, sort }) });
		this.empty = nobody();
		this.root = h('div', { class: 'overview' },
		    h('h1', { class: 'unseen' }, 'Overview'),
		    this.wrong.root, this.empty, this.fleet.root);
	}

	change() {
		this.hosts();
	}

	hosts() {
		const { hosts } = this.app;

		if (!hosts)
			return;
		this.empty.hidden = hosts.length > 0;
		this.fleet.root.hidden = hosts.length === 0;
		this.wrong.root.hidden = hosts.length === 0;
		this.fleet.show(hosts, this.app.place);
		this.alerts();
	}

	alerts() {
		const { hosts, alerts } = this.app;
		const well = mark();

		well.show('ok');
		this.wrong.show(alerts, !alerts || !hosts ? [] :
			hosts.every((x) => x.state === 'ok') ?
				[well, ` All ${hosts.length} hosts are well.`] :
				['No alert is firing.']);
	}

	tick() {
		this.wrong.tick();
		this.fleet.draw();
	}

	remove() {
		this.stop.abort();
		this.fleet.remove();
		this.root.remove();
	}
}
