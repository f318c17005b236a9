/* SPDX-License-Identifier: MIT */
/*
 * usage: node drive.mjs SCENARIO URL [ARGUMENT]
 *
 * Looks at the dashboard of a hub as people do.  What a scenario needs of the
 * hub is made by t/50-dashboard.py, which says so before it comes here.
 */
import { createInterface } from 'node:readline';
import { accessible, browser, check, open, until } from './page.mjs';

const HOSTILE = '<img src=x onerror=alert(1)>';
const lines = createInterface({ input: process.stdin });

/* Lets the caller do something to the hub: says what, waits for a line. */
async function please(what) {
	console.log(what);
	await new Promise((done) => lines.once('line', done));
}

const now = (page) => page.$eval('figcaption .now', (n) => n.textContent);
const drawn = () => document.querySelectorAll('.plot canvas').length > 3;

async function overview(b, url) {
	const page = await open(b, url);

	await until(page, 'the hosts are listed', () =>
		document.querySelectorAll('.fleet tbody th a').length > 2);
	const names = await page.$$eval('.fleet tbody th a',
	    (all) => all.map((a) => a.textContent));

	check(names.includes(HOSTILE), `a host is called ${HOSTILE}: ${names}`);
	check(await page.$('img') === null, 'no name became an element');
	await page.fill('[type=search]', 'img src');
	await until(page, 'the search finds one', () =>
		document.querySelectorAll('.fleet tbody th a').length === 1);
	check(page.url().includes('q=img'), 'the search is in the address');
	await page.click('.fleet tbody th a');
	await until(page, 'its page is there', drawn);
	check(await page.$eval('h1', (n) => n.textContent) === HOSTILE,
	    'the title is its name');
	check(await page.$('img') === null, 'no series became an element');
	check(page.bytes < 150000, `${page.bytes} bytes are under 150 kB`);
	return page;
}

async function judge(b, url) {
	for (const colorScheme of ['light', 'dark'])
		for (const path of ['#/', '#/host/hub']) {
			const page = await open(b, url + path, { colorScheme });

			await until(page, 'it is drawn', () => document.querySelector(
			    '.fleet tbody a, .plot canvas'));
			await accessible(b, page);
			await page.context().close();
		}
}

async function window(b, url) {
	const page = await open(b, `${url}#/host/hub?range=5m`);

	await until(page, 'charts are drawn', drawn);
	const box = await (await page.$('.u-over')).boundingBox();
	const y = box.y + 40;

	await page.mouse.move(box.x + box.width * 0.5, y);
	await until(page, 'the cursor says the time', () =>
		/\d\d:\d\d:\d\d/.test(document.querySelector('.time').textContent) ||
		!document.querySelector('.u-over'));
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.8, y, { steps: 5 });
	await page.mouse.up();
	await page.waitForURL(/from=\d+&to=\d+/);
	const zoomed = page.url();

	await page.reload();
	await until(page, 'the zoom is still there', () =>
		document.querySelector('.window .small')?.hidden === false);
	check(page.url() === zoomed, 'a link shows the same');
	await page.keyboard.press('ArrowLeft');
	check(page.url() !== zoomed, 'an arrow moves');
	await until(page, 'charts are drawn again', drawn);
	const over = await page.$('.u-over');

	await over.dblclick({ position: { x: 100, y: 40 } });
	await page.waitForURL((u) => !u.hash.includes('from='));
	await page.click('figcaption button');
	await until(page, 'there is a table behind it', () =>
		document.querySelectorAll('.data:not([hidden]) td').length > 0);
	check(/ to /.test(await page.$eval('[role=img]',
	    (n) => n.getAttribute('aria-label'))), 'there is a text as well');
	return page;
}

async function live(b, url) {
	const page = await open(b, `${url}#/host/hub`);

	await until(page, 'charts are drawn', drawn);
	await until(page, 'it is live', () =>
		document.querySelector('.live').textContent === 'live');
	const before = await now(page);

	await until(page, 'a number changes by itself', (old) =>
		document.querySelector('figcaption .now').textContent !== old, before);
	page.wrong.length = 0;
	await please('stop');
	await until(page, 'it says that the hub is away', () =>
		/reconnecting, last data \d+ s ago/.test(
		    document.querySelector('.live').textContent));
	await please('start');
	await until(page, 'it is live again', () =>
		document.querySelector('.live').textContent === 'live');
	const then = await now(page);

	await until(page, 'numbers change again', (old) =>
		document.querySelector('figcaption .now').textContent !== old, then);
	page.wrong = page.wrong.filter((w) => !/ERR_|EventSource|status of/.test(w));
	return page;
}

async function alone(b, url) {
	const page = await open(b, url);

	await until(page, 'the only host is there at once', drawn);
	check(await page.$eval('h1', (n) => n.textContent) === 'hub', 'by name');
	return page;
}

async function signIn(b, url, token) {
	const page = await open(b, url);

	await page.fill('#token', 'not this one');
	await page.click('.sign-in .main');
	await until(page, 'it says so', () =>
		/does not know/.test(document.body.innerText));
	await accessible(b, page);
	await page.fill('#token', token);
	await page.click('.sign-in .main');
	await until(page, 'who has the token sees it', drawn);
	return page;
}

async function many(b, url) {
	const page = await open(b, url);

	await until(page, 'the fleet is counted', () =>
		/50\d hosts/.test(document.querySelector('.summary').textContent));
	check((await page.$$('.fleet tbody tr')).length < 80,
	    'rows out of view are not drawn');
	await page.evaluate(() => scrollTo(0, 1e6));
	await until(page, 'the last row comes into view', () =>
		[...document.querySelectorAll('.fleet tbody th a')].some((a) =>
			a.textContent === 'many-499'));
	return page;
}

async function alerts(b, url) {
	const page = await open(b, url);

	await until(page, 'what is wrong is said', () => /failure/.test(
	    document.querySelector('.alert')?.textContent ?? ''));
	await page.click('.alert button');
	await until(page, 'its timeline is there', () =>
		document.querySelector('.timeline:not([hidden]) li'));
	await page.click('.alert .buttons button:last-child');
	check(/fettlectl silence /.test(await page.$eval('dialog code',
	    (n) => n.textContent)), 'the command is shown');
	return page;
}

const scenarios = { overview, judge, window, live, alone, signIn, many, alerts };
const [name, url, argument] = process.argv.slice(2);
const b = await browser();

try {
	const page = await scenarios[name](b, url, argument);

	check(!page?.wrong.length, page?.wrong.join('\n'));
} finally {
	await b.close();
	lines.close();
}
