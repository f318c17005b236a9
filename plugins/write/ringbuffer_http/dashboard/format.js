/* SPDX-License-Identifier: MIT */
/*
 * Numbers, units and times as people read them.  Two or three significant
 * digits; bytes that are there in IEC units (GiB), bytes that flow in SI units
 * (MB/s); times in the viewer's zone.
 */

const SI = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const IEC = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const SMALL = [['', 1], ['m', 1e-3], ['\u00b5', 1e-6], ['n', 1e-9]];

/* Three significant digits, without an exponent; whole small numbers as they
 * are. */
function digits(v) {
	return Number.isInteger(v) ? v.toFixed(0) : three(v);
}

/* The same with all three, so that columns stay calm: "1.00". */
function three(v) {
	const a = Math.abs(v);

	if (a >= 99.95)
		return v.toFixed(0);
	if (a >= 9.995)
		return v.toFixed(1);
	if (a >= 0.01 || v === 0)
		return v.toFixed(2);
	return String(+v.toPrecision(2));
}

/* One digit after the point, so that columns stay calm. */
function percent(v) {
	return Math.abs(v) >= 99.95 || v === 0 ? v.toFixed(0) : v.toFixed(1);
}

function scaled(v, base, names) {
	let i = 0;

	while (Math.abs(v) >= base * 0.9995 && i < names.length - 1) {
		v /= base;
		i++;
	}
	return [digits(v), names[i]];
}

/* Whether numbers of the unit have a time in them already. */
function isRate(kind) {
	return kind === 'counter' || kind === 'total';
}

/* A value with its unit, such as "31 %", "3.2 MB/s", "12 GiB". */
export function value(v, unit, kind) {
	const rate = isRate(kind);

	if (!rate && unit?.endsWith('/s')) /* an alert's, of a counter */
		return value(v, unit.slice(0, -2), 'counter');
	if (v === null || v === undefined || !Number.isFinite(v))
		return '\u2013';
	if (unit === 'percent')
		return percent(v) + ' %';
	if (unit === 'celsius')
		return digits(v) + ' \u00b0C';
	if (unit === 'timestamp' && !rate)
		return `${date(v)} ${clock(v, false)}`;
	if (unit === 'seconds' && !rate)
		return seconds(v);
	if (unit === 'seconds')
		return digits(v) + ' s/s';
	if (unit === 'bytes') {
		const [n, name] = rate ? scaled(v, 1000, SI) :
		    scaled(v, 1024, IEC);

		return `${n} ${name}B${rate ? '/s' : ''}`;
	}
	const [n, name] = scaled(v, 1000, SI);
	const tail = !unit || unit === 'none' ? '' : unit;
	const word = name + tail + (rate ? '/s' : '');

	return word ? `${n} ${word}` : n;
}

/* A number of a column that has no unit. */
export function plain(v) {
	return Number.isFinite(v) ? three(v) : '\u2013';
}

/* The same beside an axis: no zeros that say nothing, a day for a moment. */
export function tick(v, unit, kind) {
	if (unit === 'timestamp')
		return day(v);
	return value(v, unit, kind).replace(/(\.\d*?)0+(?= |$)/, '$1')
	    .replace(/\.(?= |$)/, '');
}

/* Seconds as a value: 4.2 ms, 12 s, 3 h 20 min. */
function seconds(v) {
	const a = Math.abs(v);

	if (a >= 120)
		return duration(v);
	if (a >= 1 || a === 0)
		return digits(v) + ' s';
	const [name, by] = SMALL.find(([, s]) => a >= s * 0.9995) ?? SMALL[3];

	return `${digits(v / by)} ${name}s`;
}

/* How long something lasted: 1 s, 12 min, 3 h, 2 d 4 h. */
export function duration(s) {
	const whole = Math.max(0, Math.round(s));

	if (whole < 90)
		return `${whole} s`;
	if (whole < 5400)
		return `${Math.round(whole / 60)} min`;
	if (whole < 36 * 3600) {
		const hours = Math.floor(whole / 3600);
		const minutes = Math.floor(whole % 3600 / 60);

		return minutes && hours < 10 ? `${hours} h ${minutes} min` :
		    `${hours} h`;
	}
	const days = Math.floor(whole / 86400);
	const hours = Math.floor(whole % 86400 / 3600);

	return hours && days < 10 ? `${days} d ${hours} h` : `${days} d`;
}

/* About how long, for what is only an estimate: "3 h", "9 days". */
export function about(s) {
	if (s < 5400)
		return `${Math.max(1, Math.round(s / 60))} min`;
	if (s < 36 * 3600)
		return `${Math.round(s / 3600)} h`;
	return `${Math.round(s / 86400)} days`;
}

const two = (n) => String(n).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep',
	'Oct', 'Nov', 'Dec'];

export function clock(t, withSeconds = true) {
	const d = new Date(t * 1000);
	const minutes = `${two(d.getHours())}:${two(d.getMinutes())}`;

	return withSeconds ? `${minutes}:${two(d.getSeconds())}` : minutes;
}

export function day(t) {
	const d = new Date(t * 1000);

	return `${d.getDate()} ${months[d.getMonth()]}`;
}

function date(t) {
	return `${day(t)} ${new Date(t * 1000).getFullYear()}`;
}

/* With the day where it is not today. */
export function moment(t, now) {
	return day(t) === day(now) ? clock(t) : `${day(t)} ${clock(t)}`;
}

/* From one to another, with their days where not both are today. */
export function period(from, to, now) {
	const today = day(from) === day(now) && day(to) === day(now);

	return [from, to].map((t) => today ? clock(t) : `${day(t)} ${clock(t)}`)
	    .join(' \u2013 ');
}

/* The name of the viewer's zone, such as CET or UTC+5:30. */
export function zone(t) {
	const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' })
	    .formatToParts(new Date(t * 1000));

	return parts.find((p) => p.type === 'timeZoneName')?.value ?? '';
}

/* What a field is called on the screen: rx_bytes is "rx bytes". */
export function words(field) {
	return field.replaceAll('_', ' ');
}
