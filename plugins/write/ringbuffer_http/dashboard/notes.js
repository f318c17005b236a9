/* SPDX-License-Identifier: MIT */
/* What to read where there is nothing to see, with the command that helps. */
import { h } from './dom.js';
import { command } from './silence.js';

export function nobody() {
	return h('section', { class: 'note-page', hidden: true },
	    h('h2', null, 'No host has sent anything yet'),
	    h('p', null, 'This machine appears when fettled here has a plugin ' +
		'that reads it. See what runs:'),
	    command('fettlectl status'),
	    h('p', null, 'Another machine appears when its fettled sends here: ' +
		'the plugin http_ingest with this address and the token. ' +
		'Make a token on the hub:'),
	    command('fettlectl token NAME'));
}

export function unknownHost(host) {
	return h('section', { class: 'note-page' },
	    h('h2', null, 'This host is not known'),
	    h('p', null, `Nothing has come from \u201c${host}\u201d since the hub ` +
		'keeps history. On that machine, see whether it sends:'),
	    command('fettlectl status'),
	    h('p', null, h('a', { href: '#/' }, 'All hosts')));
}

export function noSeries() {
	return h('section', { class: 'note-page' },
	    h('h2', null, 'The hub has no series of this host yet'),
	    h('p', null, 'What arrived last is said by:'),
	    command('fettlectl values'));
}
