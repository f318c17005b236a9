/* SPDX-License-Identifier: MIT */
/*
 * Light or dark: as the system is, until somebody says otherwise; that is kept
 * in the browser, and saying what the system says anyway forgets it.
 */
import { h, icon } from './dom.js';

const KEY = 'fettle-theme';
const SUN = ['M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z',
	'M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1'];
const MOON = 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z';
const system = matchMedia('(prefers-color-scheme: dark)');

function kept() {
	try {
		return localStorage.getItem(KEY);
	} catch {
		return null;
	}
}

function keep(theme) {
	try {
		if (theme === null)
			localStorage.removeItem(KEY);
		else
			localStorage.setItem(KEY, theme);
	} catch {
		/* a browser that keeps nothing keeps to the system */
	}
}

function isDark() {
	return document.documentElement.dataset.theme === 'dark';
}

function apply() {
	document.documentElement.dataset.theme = kept() ??
	    (system.matches ? 'dark' : 'light');
	document.dispatchEvent(new Event('theme'));
}

/* The button; `theme' events on the document say that colours changed. */
export function themeButton() {
	const button = h('button', { type: 'button', class: 'quiet square',
		onclick() {
			const wanted = isDark() ? 'light' : 'dark';
			const same = (wanted === 'dark') === system.matches;

			keep(same ? null : wanted);
			apply();
		} });
	const show = () => {
		const other = isDark() ? 'light' : 'dark';

		button.replaceChildren(icon(isDark() ? SUN : MOON));
		button.setAttribute('aria-label', `Switch to the ${other} theme`);
		button.title = `Switch to the ${other} theme`;
	};

	document.addEventListener('theme', show);
	system.addEventListener('change', apply);
	apply();
	return button;
}
