/* SPDX-License-Identifier: MIT */
/* Colours for canvases, which know nothing of style sheets: read from there. */

let colours = null;

function read() {
	const style = getComputedStyle(document.documentElement);
	const get = (name) => style.getPropertyValue(name).trim();

	return {
		lines: Array.from({ length: 8 }, (_, i) => get(`--line-${i}`)),
		text: get('--text-2'), grid: get('--grid'), axis: get('--edge'),
		accent: get('--accent'), warning: get('--warning'),
		failure: get('--failure'), plot: get('--plot'),
		heat: Array.from({ length: 6 }, (_, i) => get(`--heat-${i}`)),
		font: `11px ${get('--font')}`,
	};
}

export function palette() {
	colours ??= read();
	return colours;
}

/* A colour that lets what is below through; colours are #rrggbb. */
export function faint(colour, alpha) {
	const hex = Math.round(alpha * 255).toString(16).padStart(2, '0');

	return colour + hex;
}

document.addEventListener('theme', () => {
	colours = null;
});
