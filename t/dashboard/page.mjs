/* SPDX-License-Identifier: MIT */
/*
 * A browser for the scenarios: pages that note every request, every complaint
 * of the browser and every dialog, and ways to wait for what must come.
 */
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PATIENCE = 20000;
const AXE = readFileSync(new URL('node_modules/axe-core/axe.min.js',
    import.meta.url), 'utf8');

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

const pages = []; /* of the scenario that is played */

export async function browser() {
	return chromium.launch({ executablePath: process.env.CHROMIUM,
		args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/* A page at an address; page.wrong are complaints. */
export async function open(b, url, options = {}) {
	const context = await b.newContext({ viewport: DESKTOP, ...options });
	const page = await context.newPage();

	page.setDefaultTimeout(PATIENCE);
	page.wrong = [];
	page.on('console', (m) => {
		if (m.type() === 'error' && !/status of 401/.test(m.text()))
			page.wrong.push(m.text());
	});
	page.on('pageerror', (e) => page.wrong.push(e.stack));
	page.on('dialog', (d) => {
		page.wrong.push(`a dialog says ${d.message()}`);
		d.dismiss();
	});
	page.on('request', (r) => {
		if (new URL(r.url()).host !== new URL(url).host)
			page.wrong.push(`a request to ${r.url()}`);
	});
	pages.push(page);
	await page.goto(url);
	return page;
}

/* What was wrong with the pages of this scenario. */
export function complaints() {
	return pages.flatMap((p) => p.wrong);
}

/* Closes them. */
export async function forget(b) {
	pages.length = 0;
	await Promise.all(b.contexts().map((c) => c.close()));
}

export function check(so, what) {
	if (!so)
		throw new Error(`not so: ${what}`);
}

/* Waits until the function is true in the page. */
export async function until(page, what, f, argument) {
	try {
		await page.waitForFunction(f, argument, { timeout: PATIENCE,
			polling: 50 });
	} catch {
		const text = await page.evaluate(() => document.body.innerText);

		throw new Error(`never: ${what}\n${text.slice(0, 2000)}`);
	}
}

/* What axe finds; the page must have been opened with bypassCSP, for its
 * policy forbids what a judge brings along. */
export async function accessible(page, what) {
	if (!await page.evaluate(() => Boolean(globalThis.axe)))
		await page.evaluate(AXE);
	const { violations } = await page.evaluate(() => axe.run());

	check(violations.length === 0, `${what}: ${violations.map((v) =>
		`${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`)
	    .join('\n')}`);
}

export async function picture(page, name) {
	await page.screenshot({ path: `${process.env.PICTURES}/${name}.png` });
}
