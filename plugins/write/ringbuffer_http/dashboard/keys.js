/* SPDX-License-Identifier: MIT */
/*
 * Keys for the whole page: / searches, Escape goes back, left and right move
 * in time, + and - zoom, t is the theme.
 */
import { hubNow } from './api.js';
import { moved, widened } from './state.js';

const PART = 0.25; /* of the window that an arrow moves */

function escape(app) {
	if (app.place.q)
		app.go({ ...app.place, q: '' });
	else if (app.place.zoom)
		app.go({ ...app.place, zoom: null });
	else if (app.place.host && app.hosts?.length > 1)
		app.go({ ...app.place, host: null });
}

const KEYS = {
	'/': (app) => app.search.focus(),
	Escape: escape,
	t: () => document.querySelector('header button').click(),
};

const TIME_KEYS = {
	ArrowLeft: (app, now) => moved(app.place, -PART, now),
	ArrowRight: (app, now) => moved(app.place, PART, now),
	'+': (app, now) => widened(app.place, 0.5, now),
	'=': (app, now) => widened(app.place, 0.5, now),
	'-': (app, now) => widened(app.place, 2, now),
	0: (app) => ({ ...app.place, zoom: null }),
};

export function onKey(e, app) {
	const typing = e.target.closest?.('input, select, textarea, dialog');

	if (e.ctrlKey || e.metaKey || e.altKey || !app.view)
		return;
	if (typing) {
		if (e.key === 'Escape' && e.target === app.search) {
			e.target.blur();
			escape(app);
		}
		return;
	}
	if (KEYS[e.key]) {
		e.preventDefault();
		KEYS[e.key](app);
	} else if (TIME_KEYS[e.key] && app.shown !== null &&
	    !e.target.closest?.('[role=region]')) {
		e.preventDefault();
		app.go(TIME_KEYS[e.key](app, hubNow()));
	}
}
