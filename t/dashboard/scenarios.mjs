/* SPDX-License-Identifier: MIT */
/*
 * What people do with the dashboard of a hub.  Each is called with a browser,
 * the address of a hub, a way to have something done to that hub, and what
 * t/50-dashboard.py says beyond; that has made what the scenario needs.
 */
import { DESKTOP, PHONE, accessible, check, open, picture, until } from
    './page.mjs';

const HOSTILE = '<img src=x onerror=alert(1)>';
const MOUNT = '/<b>\ufffdmount</b>'; /* in place of what would turn it around */

/* --- looking, inside the page -------------------------------------------- */

const drawn = () => document.querySelectorAll('.plot canvas').length > 3;
const listed = () => document.querySelectorAll('.fleet tbody th a').length > 2;
const isLive = () => document.querySelector('.live').textContent === 'live';
const failing = () => /failure/.test(
    document.querySelector('.alert')?.textContent ?? '');
const another = (old) =>
    document.querySelector('figcaption .now').textContent !== old;

/* --- looking, from outside ----------------------------------------------- */

const now = (page) => page.$eval('figcaption .now', (n) => n.textContent);
const focused = (page) => page.evaluate(() =>
	document.activeElement.textContent || document.activeElement.type);
const theme = (page) => page.evaluate(() =>
	document.documentElement.dataset.theme);

async function noMarkup(page) {
	check(await page.$('img, b') === null, 'no name became an element');
}

/* Nothing is wider than the window, once charts have followed its size. */
async function fits(page, what) {
	await until(page, `${what} is no wider than the window`, () =>
		document.documentElement.scrollWidth <= innerWidth);
}

/* --- the scenarios ------------------------------------------------------- */

/* Hosts are listed, their names are text; search, and on to a host. */
export async function overview(b, url) {
	const page = await open(b, url);

	await until(page, 'the hosts are listed', listed);
	const names = await page.$$eval('.fleet tbody th a',
	    (all) => all.map((a) => a.textContent));

	for (const name of ['hub', 'web-1', 'db-1', HOSTILE])
		check(names.includes(name), `${name} is one of ${names}`);
	check((await page.$eval('.fleet', (n) => n.textContent)).includes(MOUNT),
	    `a mount is called ${MOUNT}`);
	await noMarkup(page);
	await page.fill('[type=search]', 'img src');
	await until(page, 'the search finds one', () =>
		document.querySelectorAll('.fleet tbody th a').length === 1);
	check(page.url().includes('q=img'), 'the search is in the address');
	await page.click('.fleet tbody th a');
	await until(page, 'its page is there', () =>
		document.querySelector('.plot canvas'));
	check(await page.$eval('h1', (n) => n.textContent) === HOSTILE,
	    'the heading is its name');
	check((await page.title()).includes(HOSTILE), 'the title says it at once');
	check((await page.$eval('.sections', (n) => n.textContent)).includes(MOUNT),
	    'a chart has the name of the mount');
	await noMarkup(page);
	const bytes = await page.evaluate(() => [...performance
	    .getEntriesByType('navigation'), ...performance
	    .getEntriesByType('resource')].filter((e) => !/api/.test(e.name))
	    .reduce((sum, e) => sum + e.transferSize, 0));

	check(bytes > 30000 && bytes < 150000, `${bytes} bytes are under 150 kB`);
	const paint = await page.evaluate(() => performance
	    .getEntriesByName('first-contentful-paint')[0].startTime);

	check(paint < 5000, `something is seen after ${paint} ms`);
}

/* With fewer columns, and a host of which there is nothing to say, the table
 * has no columns that nobody sees. */
export async function narrow(b, url) {
	const page = await open(b, url, { viewport: { width: 900, height: 600 } });

	await page.route('**/api/v1/hosts', async (r) => {
		const all = await (await r.fetch()).json();

		all.hosts[0].state = 'silent';
		await r.fulfill({ json: all });
	});
	await page.reload();
	await until(page, 'the hosts are listed', listed);
	const [edge, last] = await page.evaluate(() => ['.fleet',
		'.fleet thead th:last-child'].map((s) =>
		document.querySelector(s).getBoundingClientRect().right));

	check(edge - last < 2, `the last column ends at ${last} of ${edge}`);
}

/* What is beside the lines. */
export async function numbers(b, url) {
	const page = await open(b, url);

	await until(page, 'the hosts are listed', listed);
	const said = await page.evaluate(async () => {
		const { range, timeAxis, valueAxis } = await import('./assets/axes.js');
		const { period } = await import('./assets/format.js');
		const noon = new Date(2030, 0, 2, 12).getTime() / 1000;

		return [range('percent')(null, 0, 100.2),
			range('bytes')(null, 16e9, 16.001e9),
			range('timestamp')(null, 1.8e9, 1.801e9)[0] > 1e9,
			valueAxis('bytes', 'gauge').values(null, [0, 1024, 1025]),
			timeAxis().values({ width: 466, scales: { x: {
				min: noon - 895, max: noon + 5 } } },
			[noon - 894, noon - 300, noon], 0, 84, 300),
			period(noon - 60, noon, noon),
			period(noon - 86400, noon, noon)];
	});
	const wanted = [[0, 100], [0, 16.001e9 * 1.08], true, ['0 B', '1 KiB', ''],
		['', '11:55', ''], '11:59:00 \u2013 12:00:00', '1 Jan 12:00:00 \u2013 2 Jan 12:00:00'];

	check(JSON.stringify(said) === JSON.stringify(wanted),
	    `${JSON.stringify(said)} is ${JSON.stringify(wanted)}`);
}

/* Lines, what is beside them, and what is said of them are so. */
export async function truth(b, url) {
	const page = await open(b, url);
	const said = await page.evaluate(async () => {
		const { Points } = await import('./assets/data.js');
		const { untilFull } = await import('./assets/trend.js');
		const { levelSince } = await import('./assets/line.js');
		const { drawHeat } = await import('./assets/heat.js');
		const make = (interval, step, mean) => {
			const points = new Points([{ series: 's', interval, value: 1,
				last_seen: 1000 }]);

			points.take([{ from: 1000 - (mean.length - 1) * step,
				to: 1000 + step, step, series: [{ series: 's', mean }] }]);
			return points;
		};
		const live = (points, time, v) => {
			points.hear(time, new Map([['s', v]]), time);
			points.add(time, new Map([['s', v]]));
			return points;
		};
		const slow = make(60, 10, [4, 4]);
		const wide = make(10, 100, [4, 4]);

		wide.latest.get('s').time = 1080;
		wide.weigh();
		const columns = [];
		const nothing = () => {};
		const paper = { bbox: { left: 0, top: 0, width: 2000, height: 10 },
			ctx: { save: nothing, beginPath: nothing, rect: nothing,
				clip: nothing, restore: nothing,
				fillRect: (x, y, wide) => columns.push([x, wide]) },
			valToPos: (x) => x };

		drawHeat(paper, { lines: [{ s: { series: 's' } }] },
		    make(10, 10, [4, null, 5]));
		const disk = (from, rise) => untilFull(Array.from({ length: 60 },
		    (_, i) => [i * 60, from + i * rise]));
		const moves = (...states) => levelSince({ since: 1, state:
			'failure', timeline: states.map((state, i) =>
			({ state, time: 10 + i })) });

		return [columns, live(slow, 1060, 5).of.get('s').mean.slice(),
			live(slow, 1200, 6).of.get('s').mean,
			live(wide, 1090, 14).of.get('s').mean,
			wide.newest('s', 1125), wide.newest('s', 1126),
			slow.newest('s', 1410), slow.newest('s', 1411),
			Math.round(disk(90, 0.1) / 60), disk(90, -0.1),
			moves('failure'), moves('warning', 'failure', 'failure'),
			moves('failure', 'ok', 'failure')];
	});
	const wanted = [[[975, 10], [995, 10]], [4, 4, 5], [4, 4, 5, null, 6],
		[4, 5], 14, null, 6, null,
		41, null, 1, 11, 1];

	check(JSON.stringify(said) === JSON.stringify(wanted),
	    `${JSON.stringify(said)} is ${JSON.stringify(wanted)}`);
}

/* Everything is done without a mouse. */
export async function keyboard(b, url) {
	const page = await open(b, url);
	const { keyboard: keys } = page;

	await until(page, 'the hosts are listed', listed);
	await keys.press('Tab');
	check(/Skip/.test(await focused(page)), 'first comes a way past the top');
	await keys.press('Enter');
	check(await page.evaluate(() => document.activeElement.id) === 'main',
	    'it leads to the content');
	await keys.press('/');
	check(await focused(page) === 'search', 'a slash searches');
	await keys.type('web-1');
	await until(page, 'the search finds one', () =>
		document.querySelectorAll('.fleet tbody th a').length === 1);
	await keys.press('Escape');
	await until(page, 'Escape clears the search', listed);
	await page.focus('.fleet tbody th a');
	const first = await focused(page);

	await keys.press('ArrowDown');
	const second = await focused(page);

	check(second && second !== first, 'an arrow goes to the next host');
	await keys.press('Enter');
	await until(page, 'its page is there', (name) =>
		document.querySelector('h1').textContent === name, second);
	const before = await theme(page);

	await keys.press('t');
	check(await theme(page) !== before, 't is the other theme');
	await keys.press('Escape');
	await until(page, 'Escape goes back', listed);
}

/* A part of the time, by mouse and by keys; the address says which. */
export async function zoom(b, url) {
	const page = await open(b, `${url}#/host/web-1?range=5m`);

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
	await until(page, 'charts are drawn again', drawn);
	check(await page.evaluate(() => {
		const { chart } = document.querySelector('.chart');
		const end = chart.points.xs.at(-1);

		chart.add(Date.now() / 1000, new Map([[chart.points.names[0], 1]]));
		return chart.points.xs.at(-1) === end;
	}), 'what is measured now is not in a window of the past');
	await page.keyboard.press('ArrowLeft');
	check(page.url() !== zoomed, 'an arrow moves');
	await until(page, 'charts are drawn again', drawn);
	const over = await page.$('.u-over');

	await over.dblclick({ position: { x: 100, y: 40 } });
	await page.waitForURL((u) => !u.hash.includes('from='));
	await until(page, 'charts are drawn once more', drawn);
	check(await page.evaluate(() => {
		const { chart } = document.querySelector('.chart');
		const { now } = Date;
		const start = now();

		for (let i = 1; i < 2000; i++) {
			Date.now = () => start + i * 1000;
			chart.add(start / 1000 + i, new Map([[chart.points.names[0], 1]]));
		}
		Date.now = now;
		return chart.points.xs.length;
	}) < 400, 'what has left the window is forgotten');
	await page.click('figcaption button');
	await until(page, 'there is a table behind it', () =>
		document.querySelectorAll('.data:not([hidden]) td').length > 0);
	check(/ to /.test(await page.$eval('[role=img]',
	    (n) => n.getAttribute('aria-label'))), 'there is a text as well');
}

/* Numbers of an agent move; the hub goes away and comes back, and what the
 * agent measured in the meantime is there without a reload. */
export async function live(b, url, please) {
	const page = await open(b, `${url}#/host/web-1?range=5m`);
	const seconds = () => Math.floor(Date.now() / 1000);

	await until(page, 'charts are drawn', drawn);
	await until(page, 'it is live', isLive);
	await until(page, 'a number changes by itself', another, await now(page));
	check(!page.wrong.length, page.wrong.join('\n'));
	await please('stop');
	const gone = seconds();

	await until(page, 'it says that the hub is away', () =>
		/reconnecting, last data \d+ s ago/.test(
		    document.querySelector('.live').textContent));
	await page.waitForFunction((t) => Date.now() / 1000 > t + 3, gone,
	    { polling: 50 });
	const back = seconds();

	await please('start');
	await until(page, 'it is live again', isLive);
	await until(page, 'numbers change again', another, await now(page));
	await until(page, 'what was measured in the meantime is there', (t) => {
		const { points } = document.querySelector('.chart').chart;
		const i = points.xs.findIndex((x) => x > t.gone);

		return i > 0 && points.xs[i] < t.back &&
		    points.of.get(points.names[0]).mean[i] !== null;
	}, { gone, back });
	await page.route('**/api/v1/hosts', (r) => r.abort());
	await page.evaluate(() =>
		document.dispatchEvent(new Event('visibilitychange')));
	await until(page, 'a hub that does not answer is not live', () =>
		/reconnecting/.test(document.querySelector('.live').textContent));
	await page.unroute('**/api/v1/hosts');
	await until(page, 'it is live once more', isLive);
	const look = (away) => page.evaluate((hidden) => {
		Object.defineProperty(document, 'hidden', { configurable: true,
			value: hidden });
		document.dispatchEvent(new Event('visibilitychange'));
	}, away);

	await look(true);
	await until(page, 'a tab that nobody sees keeps no connection', () =>
		/reconnecting/.test(document.querySelector('.live').textContent));
	await look(false);
	await until(page, 'it is live as soon as somebody looks', isLive);
	page.wrong = page.wrong.filter((w) => !/ERR_|EventSource|status of/.test(w));
}

/* With one host its page is the first one. */
export async function alone(b, url) {
	const page = await open(b, url);

	await until(page, 'the only host is there at once', drawn);
	check(await page.$eval('h1', (n) => n.textContent) === 'hub', 'by name');
}

/* A hub that asks for a token. */
export async function signIn(b, url, please, token) {
	const page = await open(b, url, { bypassCSP: true });

	await page.fill('#token', 'not this one');
	await page.click('.sign-in .main');
	await until(page, 'it says so', () =>
		/does not know/.test(document.body.innerText));
	await everyLook(page, 'sign-in');
	await page.fill('#token', token);
	await page.keyboard.press('Enter');
	await until(page, 'who has the token sees it', drawn);
}

/* Of many hosts only the rows in view exist, and their trouble is one line. */
export async function many(b, url, please) {
	const page = await open(b, `${url}#/?sort=host`);

	await until(page, 'the fleet is counted', () =>
		/50\d hosts/.test(document.querySelector('.summary').textContent));
	check((await page.$$('.fleet tbody tr')).length < 80,
	    'rows out of view are not drawn');
	await page.focus('.fleet tbody th a');
	for (let i = 0; i < 60; i++)
		await page.keyboard.press('ArrowDown');
	check(await page.evaluate(() => document.activeElement.closest('tr')
	    ?.getAttribute('aria-rowindex')) === '62',
	    'arrows go on where rows come and go');
	await page.evaluate(() => scrollTo(0, 1e6));
	await until(page, 'the last row comes into view', () =>
		[...document.querySelectorAll('.fleet tbody th a')].some((a) =>
			a.textContent === 'many-499'));
	check((await page.$$('.alerts > li')).length === 1, 'one line is wrong');
	check(/failure50\d hosts/.test(await page.$eval('.group .alert',
	    (n) => n.textContent)), 'it counts the hosts');
	await page.click('.group button');
	await until(page, 'it opens into theirs', () =>
		document.querySelectorAll('.group .alerts > li').length >= 500);
	/* they are too many for an event, and are asked for every 10 s */
	await please('mend_it');
	await page.waitForFunction(() => !document.querySelector('.alert'), null,
	    { timeout: 60000 });
}

/* An alert comes, is looked into, and goes, all without a reload. */
export async function alerts(b, url, please) {
	const page = await open(b, url);
	const state = (wanted) => [...document.querySelectorAll(
	    '.fleet tbody tr')].find((row) => row.querySelector('th')
	    ?.textContent === 'db-1')?.querySelector('.state')
	    .textContent === wanted;

	await until(page, 'all is well', state, 'ok');
	check(!await page.evaluate(failing), 'nothing fails');
	await please('break_it');
	await until(page, 'what is wrong is said', failing);
	check(/db-1.*processes trouble count.*1.*\u2265 1/.test(await page.$eval(
	    '.alert', (n) => n.textContent)), 'who, what, and the limit');
	await until(page, 'its host says so as well', state, 'failure');
	check(await page.$eval('.fleet tbody th a', (n) => n.textContent) ===
	    'db-1', 'trouble is on top');
	check(/1 failing/.test(await page.title()), 'so does the title');
	const asked = page.waitForRequest((r) => {
		const p = new URL(r.url()).searchParams;

		return Math.abs(p.get('to') - p.get('from') - 3600) < 3;
	});

	await page.selectOption('select', '1h');
	await asked;
	await page.click('.alert button');
	await until(page, 'its timeline is there', () =>
		document.querySelector('.timeline:not([hidden]) li'));
	await page.click('.alert .buttons button:last-child');
	await please('silence_it', await page.$eval('dialog code',
	    (n) => n.textContent));
	await page.keyboard.press('Escape');
	await until(page, 'it is silenced', () =>
		/silenced until/.test(document.querySelector('.alert .note')
		    .textContent));
	await please('mend_it');
	await until(page, 'it goes away by itself', () =>
		!document.querySelector('.alert'));
	await until(page, 'its host is well again', state, 'ok');
	await until(page, 'that is said', () =>
		/well/.test(document.querySelector('.calm').textContent));
}

/* Nothing to see, and what goes wrong: the page says what to do. */
export async function nothing(b, url) {
	const page = await open(b, `${url}#/host/nobody`);
	const answer = (status, body, what = 'hosts') =>
		page.route(`**/api/v1/${what}*`, (r) =>
			r.fulfill({ status, contentType: 'application/json', body }));
	/* as when somebody comes back to it: that does not wait for its turn */
	const again = () => page.evaluate(() =>
		document.dispatchEvent(new Event('visibilitychange')));

	await until(page, 'a host is not known', () =>
		/not known/.test(document.body.innerText));
	await page.goto(`${url}#/`);
	await until(page, 'a hub alone shows what it says of itself', () =>
		document.querySelector('.plot canvas'));
	await answer(200, '{"hosts":[]}');
	await page.reload();
	await until(page, 'nobody has sent anything', () =>
		/No host has sent/.test(document.body.innerText) &&
		/fettlectl token/.test(document.body.innerText));
	await answer(503, '{"error":"no memory"}');
	await page.goto(`${url}#/?range=1h`);
	await page.reload();
	await until(page, 'what went wrong is said', () =>
		/answered 503 \(no memory\) when asked for hosts/.test(
		    document.querySelector('.error:not([hidden])')?.textContent));
	check(await page.$eval('select', (n) => n.value) === '1h',
	    'the range is that of the address');
	check(await page.$eval('.live', (n) => n.className) === 'live waiting',
	    'nothing is live yet');
	await page.unroute('**/api/v1/hosts*');
	await again();
	await until(page, 'it is well again', () =>
		document.querySelector('.error').hidden);
	await answer(200, '{"series":[]}', 'series');
	await answer(503, '{"error":"no memory"}', 'query');
	await page.reload();
	await until(page, 'there are no series', () =>
		/no series of this host/.test(document.body.innerText));
	await page.unroute('**/api/v1/series*');
	await again();
	await until(page, 'no chart can be drawn', () =>
		/asked for query/.test(document.querySelector('.failed .note')
		    ?.textContent));
	await page.unroute('**/api/v1/query*');
	await again();
	await until(page, 'it is well again by itself', () =>
		document.querySelector('.plot canvas') &&
		!document.querySelector('.failed'));
	page.wrong = page.wrong.filter((w) => !/status of 503/.test(w));
}

/* Light and dark follow the system until somebody says otherwise. */
export async function themes(b, url) {
	const page = await open(b, url, { colorScheme: 'dark' });
	const back = () => page.evaluate(() =>
		getComputedStyle(document.body).backgroundColor);

	check(await theme(page) === 'dark', 'dark like the system');
	const dark = await back();

	await page.emulateMedia({ colorScheme: 'light' });
	await until(page, 'light like the system', () =>
		document.documentElement.dataset.theme === 'light');
	check(await back() !== dark, 'which is another colour');
	await page.click('header button');
	check(await theme(page) === 'dark', 'dark by the button');
	await page.reload();
	check(await theme(page) === 'dark', 'and it stays so');
	await page.goto(`${url}#/host/web-1`);
	await page.emulateMedia({ forcedColors: 'active' });
	await until(page, 'lines have the colours that are beside their names', () =>
		new Set([...document.querySelectorAll('.stack .swatch:not(.dashed)')]
		    .map((n) => getComputedStyle(n).backgroundColor)).size > 3);
}

/* --- what it looks like -------------------------------------------------- */

/* Pictures of a page on both screens in both themes; axe looks at the half of
 * them that has both. */
async function everyLook(page, name) {
	for (const [screen, size] of Object.entries({ desktop: DESKTOP,
		phone: PHONE }))
		for (const colorScheme of ['light', 'dark']) {
			await page.setViewportSize(size);
			await page.emulateMedia({ colorScheme });
			await fits(page, `${name} on a ${screen}`);
			await picture(page, `${name}-${screen}-${colorScheme}`);
			if ((screen === 'phone') === (colorScheme === 'dark'))
				await accessible(page, `${name} on a ${screen}`);
		}
}

/* Every page, with something wrong to be seen. */
export async function looks(b, url) {
	const page = await open(b, url, { bypassCSP: true });

	await until(page, 'the hosts are listed', listed);
	await until(page, 'what is wrong is said', failing);
	await everyLook(page, 'overview');
	await page.click('.alert button');
	await everyLook(page, 'alerts');
	await page.setViewportSize(DESKTOP);
	await page.goto(`${url}#/host/db-1?range=5m`);
	await until(page, 'charts are drawn', drawn);
	await everyLook(page, 'host');
}

/* One page as it looks, for contrib/screenshots. */
export async function portrait(b, url, please, look) {
	const { width, height } = look;
	const page = await open(b, url + look.path, {
		viewport: { width, height }, colorScheme: look.theme });

	await until(page, 'it is live', isLive);
	await until(page, 'it is drawn', () => document.querySelector(
	    '.fleet .spark path[d^=M], .plot canvas'));
	await until(page, 'what is wrong is there as well', () =>
		document.querySelector('.alert .spark path[d^=M]'));
	if (look.open)
		await page.click('.alert button');
	await picture(page, look.name);
}
