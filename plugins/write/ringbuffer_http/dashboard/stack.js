/* SPDX-License-Identifier: MIT */
/*
 * Sums for charts whose parts stand upon each other.  Where one part is
 * missing so is the sum, for a lower one would be a lie; a part that was never
 * measured counts as nothing.
 */
export function stacked(parts) {
	const sums = [];
	let below = null;

	for (const part of parts) {
		if (part.some((v) => v !== null && v !== undefined))
			below = below ? part.map((v, i) => plus(v, below[i])) : part;
		sums.push(below ?? part);
	}
	return sums;
}

function plus(a, b) {
	if (a === null || b === null)
		return null;
	if (a === undefined || b === undefined)
		return undefined;
	return a + b;
}
