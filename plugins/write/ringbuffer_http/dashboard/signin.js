/* SPDX-License-Identifier: MIT */
/* A plain form for the hub's token. */
import { h, say } from './dom.js';
import { signIn } from './api.js';
import { command } from './silence.js';

export function signInPage(done) {
	const input = h('input', { id: 'token', name: 'token', type: 'password',
		autocomplete: 'current-password', required: true,
		'aria-describedby': 'token-said' });
	const said = h('p', { id: 'token-said', role: 'alert', class: 'said' });
	const button = h('button', { type: 'submit', class: 'main' }, 'Sign in');
	const form = h('form', { async onsubmit(e) {
		e.preventDefault();
		button.disabled = true;
		try {
			if (await signIn(input.value))
				return done();
			say(said, 'The hub does not know this token.');
			input.select();
		} catch (error) {
			say(said, error.message || 'The hub does not answer.');
		}
		button.disabled = false;
	} }, h('label', { for: 'token' }, 'Token'), input, button);

	return h('section', { class: 'note-page sign-in' },
	    h('h1', null, 'This hub asks who you are'), form, said,
	    h('p', null, 'A token that may read is made on the hub with'),
	    command('fettlectl token NAME'));
}
