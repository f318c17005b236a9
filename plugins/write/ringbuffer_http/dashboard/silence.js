/* SPDX-License-Identifier: MIT */
/*
 * How to silence an alert.  The page may only read, so it shows the command,
 * ready to be copied.
 */
import { h } from './dom.js';

/* A word of a shell. */
export function quoted(text) {
	return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}

/* A command with a button that copies it. */
export function command(text) {
	const button = h('button', { type: 'button', class: 'small',
		async onclick() {
			try {
				await navigator.clipboard.writeText(text);
				button.textContent = 'copied';
			} catch {
				getSelection().selectAllChildren(code);
				button.textContent = 'selected';
			}
		} }, 'copy');
	/* a line ends between words, not after the dash of an option */
	const code = h('code', null, text.split(' ').map((word, i) =>
		[i ? ' ' : '', h('span', null, word)]).flat());

	return h('div', { class: 'command' }, code, button);
}

export function silenceDialog(alert) {
	const box = h('dialog', { 'aria-labelledby': 'silence-title',
		onclose: () => box.remove() },
	h('h2', { id: 'silence-title' }, 'Silence this alert'),
	h('p', null, 'On the hub, say for how long and why. Nobody is told ' +
	    'until then; what happens is still recorded.'),
	command(`fettlectl silence ${quoted(alert.series)} ` +
	    '--for 1h --reason \'why\''),
	h('p', null, 'What is silenced, and how to end it:'),
	command('fettlectl silences'),
	h('form', { method: 'dialog' },
	    h('button', { type: 'submit', class: 'main' }, 'Close')));

	document.body.append(box);
	box.showModal();
}
