/* SPDX-License-Identifier: MIT */
/*
 * Questions to the hub.  Every answer is JSON; what goes wrong is an
 * ApiError, whose text says what was asked, what came back, and when.
 */
import { clock } from './format.js';

const TIMEOUT = 20000;

class ApiError extends Error {
	constructor(status, text) {
		super(text);
		this.status = status;
	}
}

/* Seconds by which the hub's clock is ahead of ours. */
let ahead = 0;

export function setClock(now) {
	ahead = now - Date.now() / 1000;
}

/* The time at the hub: what it measured is stamped with that. */
export function hubNow() {
	return Date.now() / 1000 + ahead;
}

async function reason(answer) {
	try {
		return String((await answer.json()).error ?? answer.statusText);
	} catch {
		return answer.statusText;
	}
}

/* GET /api/v1/NAME; parameters may be repeated by an array. */
export async function ask(name, parameters = {}, signal = undefined) {
	const query = new URLSearchParams();

	for (const [key, given] of Object.entries(parameters))
		for (const v of [given].flat())
			query.append(key, v);
	const url = `api/v1/${name}${query.size ? `?${query}` : ''}`;
	const limit = AbortSignal.timeout(TIMEOUT);
	let answer, found;

	try {
		answer = await fetch(url, { credentials: 'same-origin',
			signal: signal ? anyOf([signal, limit]) : limit });
		if (answer.ok)
			found = await answer.json();
	} catch (e) {
		if (signal?.aborted)
			throw e;
		throw new ApiError(0, 'The hub does not answer. Asked for ' +
		    `${name} at ${clock(Date.now() / 1000)}.`);
	}
	if (!answer.ok)
		throw new ApiError(answer.status,
		    `The hub answered ${answer.status} (${await reason(answer)}) ` +
		    `when asked for ${name} at ${clock(Date.now() / 1000)}.`);
	if (found.now)
		setClock(found.now);
	return found;
}

function anyOf(signals) {
	if (AbortSignal.any)
		return AbortSignal.any(signals);
	const both = new AbortController();

	for (const s of signals)
		s.addEventListener('abort', () => both.abort());
	return both.signal;
}

/* Whether the token was right. */
export async function signIn(token) {
	const answer = await fetch('login', { method: 'POST',
		redirect: 'manual', credentials: 'same-origin',
		body: new URLSearchParams({ token }) });

	if (answer.type === 'opaqueredirect' || answer.ok)
		return true;
	if (answer.status === 401 || answer.status === 403)
		return false;
	throw new ApiError(answer.status,
	    `The hub answered ${answer.status} (${await reason(answer)}).`);
}
