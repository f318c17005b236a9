/* SPDX-License-Identifier: MIT */
/*
 * Making elements.  What comes from outside goes through here as text: a child
 * that is a string becomes a text node, and nothing in the dashboard parses
 * markup.  Characters that would turn around what stands beside them are shown
 * as unknown ones.
 */

const SVG = 'http://www.w3.org/2000/svg';
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function straight(text) {
	return text.replace(TURNING, '\ufffd');
}

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (value === null || value === undefined || value === false)
			continue;
		if (name.startsWith('on'))
			node.addEventListener(name.slice(2), value);
		else
			node.setAttribute(name, value === true ? '' : value);
	}
	node.append(...children.flat().filter(
	    (c) => c !== null && c !== undefined && c !== false)
	    .map((c) => c instanceof Node ? c : straight(String(c))));
	return node;
}

/* An element; attributes that are null or false are left out, functions named
 * onEVENT listen. */
export function h(tag, attributes, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
	return fill(document.createElementNS(SVG, tag), attributes, children);
}

/* Sets the text only if it is another one: what is selected or read aloud is
 * not disturbed. */
export function say(node, text) {
	const shown = straight(text);

	if (node.textContent !== shown)
		node.textContent = shown;
	return node;
}

/*
 * Makes the children of parent those of the items, in their order.  A child is
 * made once for each key and then updated, so that focus stays where it is.
 * make(item) returns the node, whose update(item) is called if it has one.
 */
export function keyed(parent, items, key, make) {
	const old = parent.kept ?? new Map();
	const kept = new Map(items.map((item) =>
		[key(item), old.get(key(item)) ?? make(item)]));
	const focused = document.activeElement;

	for (const [name, node] of old)
		if (!kept.has(name))
			node.remove();
	let place = parent.firstChild;

	for (const item of items) {
		const node = kept.get(key(item));

		node.update?.(item);
		if (node === place)
			place = place.nextSibling;
		else
			parent.insertBefore(node, place);
	}
	/* what is moved loses it */
	if (parent.contains(focused))
		focused.focus({ preventScroll: true });
	parent.kept = kept;
}

/* A small drawing of 16 by 16; paths are ours, never from outside. */
export function icon(paths, attributes) {
	return svg('svg', { viewBox: '0 0 16 16', 'aria-hidden': 'true',
		class: 'icon', ...attributes },
	...[paths].flat().map((d) => svg('path', { d })));
}
