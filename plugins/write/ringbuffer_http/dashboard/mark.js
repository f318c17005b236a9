/* SPDX-License-Identifier: MIT */
/* States as people see them: a shape and a word, never colour alone. */
import { h, icon, say } from './dom.js';

const SHAPES = {
	failure: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z',
	warning: 'M8 1.5 15 14H1Z',
	'no-data': 'M8 2.5 13.5 8 8 13.5 2.5 8Z',
	silent: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Z',
	pending: 'M8 3.5 13.5 13h-11Z',
	ok: 'M2.5 8.5 6.5 12.5 13.5 4',
};
const WORDS = { 'no-data': 'no data' };
const ORDER = ['failure', 'warning', 'no-data', 'silent', 'pending', 'ok'];

export function isState(state) {
	return ORDER.includes(state);
}

/* A state from outside, or `ok' where it is none that we know. */
export function known(state) {
	return isState(state) ? state : 'ok';
}

/* The worse, the lower. */
export function rank(state) {
	return ORDER.indexOf(known(state));
}

export function word(state) {
	return WORDS[state] ?? known(state);
}

/* An element that shows a state; show(state) changes it. */
export function mark() {
	const shape = h('span', { class: 'shape' });
	const text = h('span');
	const box = h('span', { class: 'state' }, shape, text);

	box.show = (given) => {
		const state = known(given);

		if (box.dataset.state === state)
			return;
		box.dataset.state = state;
		shape.replaceChildren(icon(SHAPES[state]));
		say(text, word(state));
	};
	return box;
}
