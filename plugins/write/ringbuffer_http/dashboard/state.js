/* SPDX-License-Identifier: MIT */
/*
 * Where the viewer is: page, host, range, zoom, search and order.  All of it
 * is in the address bar, so that a link shows somebody else the same.
 *
 *   #/                           #/?q=web&sort=cpu
 *   #/host/web-7?range=1h        #/host/web-7?range=1h&from=T&to=T
 */

export const RANGES = [
	['5m', 300, '5 min'], ['15m', 900, '15 min'], ['1h', 3600, '1 hour'],
	['3h', 10800, '3 hours'], ['6h', 21600, '6 hours'],
	['1d', 86400, '1 day'], ['2d', 172800, '2 days'],
	['7d', 604800, '7 days'], ['30d', 2592000, '30 days'],
];
const DEFAULT = '15m';
const SHORTEST = 10; /* seconds that can be zoomed to */

/* The place a fragment of an address names; nonsense is the overview. */
export function parse(hash) {
	const [path, query = ''] = hash.replace(/^#/, '').split('?', 2);
	const p = new URLSearchParams(query);
	const range = RANGES.some((r) => r[0] === p.get('range')) ?
	    p.get('range') : DEFAULT;
	const from = Number(p.get('from'));
	const to = Number(p.get('to'));
	let host = null;

	try {
		if (path.startsWith('/host/'))
			host = decodeURIComponent(path.slice(6));
	} catch {
		host = null;
	}
	return { host: host || null, range,
		zoom: from > 0 && to - from >= SHORTEST ? { from, to } : null,
		q: p.get('q') ?? '', sort: p.get('sort') ?? '' };
}

/* The fragment of a place. */
export function address(place) {
	const p = new URLSearchParams();

	if (place.range !== DEFAULT)
		p.set('range', place.range);
	if (place.zoom) {
		p.set('from', Math.round(place.zoom.from));
		p.set('to', Math.round(place.zoom.to));
	}
	if (place.q)
		p.set('q', place.q);
	if (place.sort)
		p.set('sort', place.sort);
	const query = p.toString();

	return (place.host ? `#/host/${encodeURIComponent(place.host)}` : '#/') +
	    (query ? `?${query}` : '');
}

export function seconds(range) {
	return RANGES.find((r) => r[0] === range)[1];
}

/* What is shown at a moment: from, to, and whether it moves on. */
export function span(place, now) {
	if (place.zoom)
		return { ...place.zoom, live: false };
	return { from: now - seconds(place.range), to: now, live: true };
}

/* The place with the window moved by a part of its width; at the present it
 * is live again. */
export function moved(place, part, now) {
	const { from, to } = span(place, now);
	const by = (to - from) * part;

	if (to + by >= now && Math.abs(to - from - seconds(place.range)) < 2)
		return { ...place, zoom: null };
	const end = Math.min(to + by, now);

	return { ...place, zoom: { from: end - (to - from), to: end } };
}

/* The place with the window wider or narrower by a factor, same middle. */
export function widened(place, factor, now) {
	const { from, to } = span(place, now);
	const width = Math.min(Math.max((to - from) * factor, 60), 2592000);
	const end = Math.min((from + to) / 2 + width / 2, now);

	return { ...place, zoom: { from: end - width, to: end } };
}

/* The place zoomed to what was dragged over. */
export function zoomed(place, from, to) {
	const middle = (from + to) / 2;
	const half = Math.max(to - from, SHORTEST) / 2;

	return { ...place, zoom: { from: middle - half, to: middle + half } };
}
