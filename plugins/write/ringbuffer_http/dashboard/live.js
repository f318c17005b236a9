/* SPDX-License-Identifier: MIT */
/*
 * The stream of events from the hub.  The browser itself connects again; when
 * it gives up, we do, after 2 s and then ever longer up to 30 s.  `state' is
 * called at once when the connection goes and when it is back; after it is
 * back, `back' says since when nothing was heard, so that the gap is filled.
 *
 * A browser has six connections to a hub for all its tabs: one that nobody
 * sees gives its own back, or the seventh would wait for ever.
 */
import { hubNow, setClock } from './api.js';

const QUIET = 40; /* seconds: the hub says something every 15 */
const UNSEEN = 5000; /* ms until a tab that is left lets go */

export class Live {
	/* on: { values(v), alerts(a), state(connected, lastHeard), back(since) } */
	constructor(host, on) {
		this.host = host;
		this.on = on;
		this.heard = hubNow();
		this.connected = false;
		this.lost = null; /* since when, while it is lost */
		this.wait = 2;
		this.sight = () => document.hidden ? this.rest() : this.resume();
		document.addEventListener('visibilitychange', this.sight);
		if (!document.hidden)
			this.open();
		this.watch = setInterval(() => this.look(), 1000);
	}

	rest() {
		this.resting ??= setTimeout(() => {
			this.source?.close();
			this.connected = false;
			this.lost ??= this.heard;
		}, UNSEEN);
	}

	resume() {
		clearTimeout(this.resting);
		this.resting = null;
		if (!this.timer && (this.source?.readyState ?? EventSource.CLOSED) ===
		    EventSource.CLOSED)
			this.open();
	}

	open() {
		const source = new EventSource(
		    `api/v1/stream?host=${encodeURIComponent(this.host)}`);

		this.source = source;
		this.opened = hubNow();
		source.addEventListener('hello', (e) => {
			setClock(JSON.parse(e.data).now);
			this.hear();
		});
		source.addEventListener('values', (e) => {
			this.hear();
			this.on.values?.(JSON.parse(e.data));
		});
		source.addEventListener('alerts', (e) => {
			this.hear();
			this.on.alerts?.(JSON.parse(e.data));
		});
		source.addEventListener('error', () => this.lose());
		source.addEventListener('open', () => this.hear());
	}

	hear() {
		const lost = this.lost;

		this.heard = hubNow();
		this.wait = 2;
		if (this.connected)
			return;
		this.connected = true;
		this.lost = null;
		this.on.state?.(true, this.heard);
		if (lost !== null)
			this.on.back?.(lost);
	}

	lose() {
		if (this.lost === null)
			this.lost = this.heard;
		this.connected = false;
		this.on.state?.(false, this.heard);
		if (this.source.readyState === EventSource.CLOSED && !this.timer)
			this.timer = setTimeout(() => {
				this.timer = null;
				if (!document.hidden)
					this.open();
			}, this.wait * 1000);
		this.wait = Math.min(this.wait * 2, 30);
	}

	/* Another question had no answer: that this connection is open says
	 * nothing then, for a hub that is cut off does not close it. */
	doubt() {
		if (!this.connected)
			return;
		this.source.close();
		this.lose();
	}

	/* Called every second: the age of the data goes on while nothing comes.
	 * Comments keep a connection open and are not seen here, so silence alone
	 * says little; no answer at all says enough. */
	look() {
		if (!this.connected) {
			this.on.state?.(false, this.heard);
			if (this.source?.readyState === EventSource.CONNECTING &&
			    hubNow() - this.opened > QUIET) {
				this.source.close();
				this.open();
			}
		}
	}

	close() {
		clearInterval(this.watch);
		clearTimeout(this.timer);
		clearTimeout(this.resting);
		document.removeEventListener('visibilitychange', this.sight);
		this.source?.close();
	}
}
