/* SPDX-License-Identifier: MIT */
/*
 * The page: its top line, which view is in it, what is asked for again and
 * again, and the stream of what happens.
 */
import { firing, tally } from './alerts.js';
import { ask, hubNow } from './api.js';
import { h, say } from './dom.js';
import { duration } from './format.js';
import { HostPage, hostPattern } from './host.js';
import { onKey } from './keys.js';
import { Live } from './live.js';
import { Overview } from './overview.js';
import { signInPage } from './signin.js';
import { RANGES, address, parse } from './state.js';
import { themeButton } from './theme.js';

const POLL = 10000; /* ms between questions for all hosts */
const SELDOM = 6; /* of which this one is asked where nobody looks */

class App {
	constructor() {
		this.place = parse(location.hash);
		this.errors = new Map();
		this.build();
		addEventListener('hashchange', () => this.route());
		addEventListener('keydown', (e) => onKey(e, this));
		document.addEventListener('visibilitychange', () => {
			if (!document.hidden)
				this.poll();
		});
		setInterval(() => this.tick(), 1000);
		this.route();
		this.start();
	}

	build() {
		this.summary = h('p', { class: 'summary' });
		this.search = h('input', { type: 'search', placeholder: 'search',
			'aria-label': 'Search hosts by name, state or tag (key /)',
			autocomplete: 'off', spellcheck: 'false',
			oninput: () => this.go({ ...this.place,
				q: this.search.value }, true) });
		this.range = h('select', { 'aria-label': 'Time range',
			onchange: () => this.go({ ...this.place, zoom: null,
				range: this.range.value }) },
		...RANGES.map(([id, , name]) => h('option', { value: id }, name)));
		this.dot = h('span', { class: 'live waiting' }, h('span', { class: 'dot' }),
		    this.liveText = h('span', null, 'connecting'));
		this.spoken = h('p', { class: 'unseen', role: 'status' });
		this.errorBox = h('p', { class: 'error', role: 'alert', hidden: true });
		this.main = h('main', { id: 'main', tabindex: '-1' });
		document.body.append(
		    h('a', { class: 'skip', href: '#main', onclick: (e) => {
			e.preventDefault();
			this.main.focus();
		} }, 'Skip to the content'),
		    h('header', null, h('a', { class: 'brand', href: '#/' }, 'fettle'),
			this.summary, h('div', { class: 'tools' }, this.dot, this.search,
			    this.range, themeButton())),
		    this.errorBox, this.main, this.spoken);
	}

	/* --- where we are ----------------------------------------------------- */

	/* Goes to a place; replace: without an entry in the history. */
	go(place, replace = false) {
		const to = address(place);

		if (replace)
			history.replaceState(null, '', to);
		else
			history.pushState(null, '', to);
		this.route();
	}

	route() {
		const place = parse(location.hash);
		const left = this.place.host !== place.host;

		this.place = place;
		this.range.value = place.range;
		if (this.search.value !== place.q)
			this.search.value = place.q;
		if (!this.hosts)
			return;
		const host = place.host ??
		    (this.hosts.length === 1 ? this.hosts[0].host : null);

		if (this.view && this.shown === host) {
			this.view.change();
			return;
		}
		this.open(host);
		if (left)
			scrollTo(0, 0);
	}

	open(host) {
		this.close();
		this.shown = host;
		this.search.hidden = host !== null;
		this.view = host === null ? new Overview(this) :
		    new HostPage(this, host);
		this.main.replaceChildren(this.view.root);
		this.view.hosts();
		this.view.alerts();
		this.summarise();
		this.live = new Live(host === null ? '' : hostPattern(host), {
			values: (v) => this.view?.values?.(v),
			alerts: (a) => this.takeAlerts(a),
			state: (connected, heard) => this.showLive(connected, heard),
			back: () => {
				this.poll();
				this.view?.back?.();
			} });
	}

	close() {
		this.live?.close();
		this.view?.remove();
		this.live = this.view = null;
	}

	/* --- what is asked for ------------------------------------------------ */

	async start() {
		await this.poll();
		if (!this.asking)
			this.timer ??= setInterval(() => {
				this.turn = (this.turn ?? 0) + 1;
				if (!document.hidden || this.turn % SELDOM === 0)
					this.poll();
			}, POLL);
	}

	async poll() {
		if (!this.alerts)
			this.askAlerts();
		try {
			const { hosts } = await ask('hosts');

			this.fine('hosts');
			this.asking = false;
			this.hosts = hosts;
			if (this.view)
				this.view.hosts();
			else
				this.route();
			this.summarise();
			if (this.isLate())
				this.askAlerts();
		} catch (e) {
			this.wrong('hosts', e);
		}
	}

	/* Alerts come by the stream, but not where they are too many for an
	 * event.  While something is wrong they are asked for then. */
	isLate() {
		return this.alerts && hubNow() - this.told > POLL / 2000 &&
		    (firing(this.alerts).length > 0 ||
			this.hosts.some((x) => x.state !== 'ok'));
	}

	async askAlerts() {
		try {
			this.takeAlerts(await ask('alerts'));
		} catch (e) {
			if (e.status !== 401)
				this.wrong('alerts', e);
		}
	}

	/* Where one began or ended, the hosts are in another state as well. */
	takeAlerts(alerts) {
		const states = firing(alerts).map((a) => a.series + a.state).join();

		this.fine('alerts');
		this.alerts = alerts;
		this.told = hubNow();
		this.view?.alerts();
		if (this.states !== states && this.hosts)
			this.poll();
		this.states = states;
	}

	silence(number) {
		return this.alerts?.silences?.find((s) => s.number === number);
	}

	/* --- what is said ----------------------------------------------------- */

	summarise() {
		const n = this.hosts.length;
		const parts = tally(this.hosts);
		const texts = parts.map(([, text]) => text);

		this.summary.replaceChildren(
		    h('span', null, `${n} ${n === 1 ? 'host' : 'hosts'}`),
		    ...parts.map(([state, text]) => h('span', { 'data-state': state },
			text)));
		say(this.spoken, texts.length ? texts.join(', ') : 'all is well');
		document.title = `${texts.length ? `${texts.join(', ')} \u2013 ` : ''}` +
		    `${this.shown ? `${this.shown} \u2013 ` : ''}fettle`;
	}

	showLive(connected, heard) {
		this.dot.className = connected ? 'live' : 'live lost';
		say(this.liveText, connected ? 'live' :
		    `reconnecting, last data ${duration(hubNow() - heard)} ago`);
	}

	/* Something went wrong, or is well again; what: which question it was. */
	wrong(what, error) {
		if (error.status === 401) {
			this.signIn();
			return;
		}
		if (error.status === 0)
			this.live?.doubt();
		this.errors.set(what, error.message);
		this.showErrors();
	}

	fine(what) {
		if (this.errors.delete(what))
			this.showErrors();
	}

	showErrors() {
		this.errorBox.hidden = this.errors.size === 0;
		say(this.errorBox, [...this.errors.values()].join(' ') +
		    ' It is tried again every 10 s.');
	}

	/* Who may not read yet has nothing to search or to wait for. */
	showTools(shown) {
		for (const tool of [this.dot, this.search, this.range])
			tool.hidden = !shown;
	}

	signIn() {
		if (this.asking)
			return;
		this.asking = true;
		this.close();
		this.hosts = this.alerts = null;
		this.errors.clear();
		this.errorBox.hidden = true;
		this.showTools(false);
		this.main.replaceChildren(signInPage(() => {
			this.main.replaceChildren();
			this.showTools(true);
			this.asking = false;
			this.start();
		}));
		this.main.querySelector('input').focus();
	}

	tick() {
		if (!document.hidden)
			this.view?.tick();
	}
}

export const app = new App();
