/* SPDX-License-Identifier: MIT */
/*
 * usage: node drive.mjs
 *
 * Starts a browser and plays what t/browser.py asks for, until its input ends.
 * A line in: ["SCENARIO", "URL", ARGUMENT...].  Lines out: {"please":
 * [WHAT, ARGUMENT...]}, answered by a line when that is done, and at the end
 * {"ok": true} or {"wrong": TEXT}.
 */
import { createInterface } from 'node:readline';
import { browser, complaints, forget } from './page.mjs';
import * as scenarios from './scenarios.mjs';

const say = (what) => console.log(JSON.stringify(what));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const b = await browser();

/* Lets the caller do something to the hub. */
async function please(...what) {
	say({ please: what });
	await lines.next();
}

async function play([name, url, ...rest]) {
	try {
		await scenarios[name](b, url, please, ...rest);
		const wrong = complaints();

		say(wrong.length ? { wrong: wrong.join('\n') } : { ok: true });
	} catch (e) {
		say({ wrong: [e.stack, ...complaints()].join('\n') });
	}
	await forget(b);
}

for (let line = await lines.next(); !line.done; line = await lines.next())
	await play(JSON.parse(line.value));
await b.close();
