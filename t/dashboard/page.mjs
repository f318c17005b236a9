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

export async function browser() {
	return chromium.launch({ executablePath: process.env.CHROMIUM,
		args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/* A page at an address; page.wrong are complaints, page.bytes what came. */
export async function open(b, url, options = {}) {
	const context = await b.newContext({ viewport: { width: 1366,
		height: 768 }, ...options });
	const page = await context.newPage();

	page.setDefaultTimeout(PATIENCE);
	page.wrong = [];
	page.bytes = 0;
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
	page.on('requestfinished', async (r) => {
		const path = new URL(r.url()).pathname;

		if (path === '/' || path.startsWith('/assets/'))
			page.bytes += (await r.sizes()).responseBodySize;
	});
	await page.goto(url);
	return page;
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

		throw new Error(`never: ${what}\n${page.wrong.join('\n')}\n` +
		    text.slice(0, 2000));
	}
}

export async function accessible(b, page) {
	/* the policy of the page forbids what a judge brings along */
	const cookies = await page.context().storageState();
	const other = await open(b, page.url(), { bypassCSP: true,
		storageState: cookies, colorScheme: await page.evaluate(() =>
			document.documentElement.dataset.theme) });

	await until(other, 'it is drawn', () =>
		document.querySelector('.fleet tbody a, .plot canvas, .note-page'));
	await other.evaluate(AXE);
	const found = await other.evaluate(() => axe.run());

	await other.context().close();
	check(found.violations.length === 0, found.violations.map((v) =>
		`${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`).join('\n'));
}
