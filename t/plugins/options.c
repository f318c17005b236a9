/* SPDX-License-Identifier: MIT */
/* options: an option of every type; a read submits what they were set to, as
 * numbers: lengths and counts where they are no numbers. */
#include <string.h>

#include <fettle/plugin.h>

struct place {
	const char *key;
	const char *city;
	int64_t rooms;
};

struct inner {
	bool on;
	double share;
};

struct options {
	bool flag;
	int64_t number;
	double real;
	const char *text, *word;
	struct fettle_duration duration;
	struct fettle_size size;
	struct fettle_secret secret;
	struct fettle_strings strings;
	struct fettle_tables places;
	struct inner inner;
};

static const struct fettle_option place_options[] = {
	FETTLE_OPTION(struct place, city, NULL, "Where it is."),
	FETTLE_RANGE(struct place, rooms, "1", "How large.", 1, 100),
};

static const struct fettle_option inner_options[] = {
	FETTLE_OPTION(struct inner, on, "true", "Whether."),
	FETTLE_RANGE(struct inner, share, "0.5", NULL, 0, 1),
};

static const struct fettle_option options_options[] = {
	FETTLE_OPTION(struct options, flag, "false", "A truth."),
	FETTLE_RANGE(struct options, number, "7", "A number.", -10, 10),
	FETTLE_OPTION(struct options, real, "1.5", "Another."),
	FETTLE_OPTION(struct options, text, "some", "A text."),
	FETTLE_CHOICE(struct options, word, "one", "A word.", "one|two"),
	FETTLE_RANGE(
	    struct options, duration, "10s", "How long.", 0.001, 3600),
	FETTLE_OPTION(struct options, size, "4KiB", "How many bytes."),
	FETTLE_OPTION(struct options, secret, "", "What nobody may know."),
	FETTLE_OPTION(struct options, strings, "", "Texts."),
	FETTLE_TABLES(
	    struct options, places, "Places.", place_options, struct place),
	FETTLE_GROUP(struct options, inner, "A group.", inner_options),
};

enum {
	OPTIONS_FLAG,
	OPTIONS_NUMBER,
	OPTIONS_REAL,
	OPTIONS_TEXT,
	OPTIONS_WORD,
	OPTIONS_DURATION,
	OPTIONS_SIZE,
	OPTIONS_SECRET,
	OPTIONS_STRINGS,
	OPTIONS_PLACES,
	OPTIONS_ROOMS,
	OPTIONS_ON,
	OPTIONS_SHARE,
	OPTIONS_N
};

#define SHOWN(n, unit, help)                                                  \
	{                                                                     \
		n, FETTLE_GAUGE, unit, help                                   \
	}

static const struct fettle_field options_fields[OPTIONS_N] = {
	[OPTIONS_FLAG] = SHOWN("flag", FETTLE_NUMBER, "0 or 1."),
	[OPTIONS_NUMBER] = SHOWN("number", FETTLE_NUMBER, "The number."),
	[OPTIONS_REAL] = SHOWN("real", FETTLE_NUMBER, "The other."),
	[OPTIONS_TEXT] = SHOWN("text", FETTLE_NUMBER, "Its length."),
	[OPTIONS_WORD] = SHOWN("word", FETTLE_NUMBER, "1 or 2."),
	[OPTIONS_DURATION] = SHOWN("duration", FETTLE_SECONDS, "It."),
	[OPTIONS_SIZE] = SHOWN("size", FETTLE_BYTES, "It."),
	[OPTIONS_SECRET] = SHOWN("secret", FETTLE_NUMBER, "Its length."),
	[OPTIONS_STRINGS] = SHOWN("strings", FETTLE_NUMBER, "How many."),
	[OPTIONS_PLACES] = SHOWN("places", FETTLE_NUMBER, "How many."),
	[OPTIONS_ROOMS] = SHOWN("rooms", FETTLE_NUMBER, "Of all places."),
	[OPTIONS_ON] = SHOWN("on", FETTLE_NUMBER, "0 or 1."),
	[OPTIONS_SHARE] = SHOWN("share", FETTLE_NUMBER, "How much."),
};

static double
all_rooms(const struct options *o)
{
	const struct place *places = o->places.v;
	int64_t sum = 0;

	for (size_t i = 0; i < o->places.n; i++)
		sum += places[i].rooms;
	return (double)sum;
}

static int
options_read(struct fettle_ctx *ctx)
{
	const struct options *o = fettle_self(ctx);
	const double shown[OPTIONS_N] = {
		[OPTIONS_FLAG] = o->flag,
		[OPTIONS_NUMBER] = (double)o->number,
		[OPTIONS_REAL] = o->real,
		[OPTIONS_TEXT] = (double)strlen(o->text),
		[OPTIONS_WORD] = strcmp(o->word, "one") == 0 ? 1 : 2,
		[OPTIONS_DURATION] = (double)o->duration.ns / 1e9,
		[OPTIONS_SIZE] = (double)o->size.bytes,
		[OPTIONS_SECRET] = o->secret.text != NULL
				       ? (double)strlen(o->secret.text)
				       : 0,
		[OPTIONS_STRINGS] = (double)o->strings.n,
		[OPTIONS_PLACES] = (double)o->places.n,
		[OPTIONS_ROOMS] = all_rooms(o),
		[OPTIONS_ON] = o->inner.on,
		[OPTIONS_SHARE] = o->inner.share,
	};

	return fettle_submit(ctx, NULL, FETTLE_GAUGES(shown));
}

FETTLE_PLUGIN(options) = {
	FETTLE_ABI,
	.summary = "An option of every type.",
	.fields = FETTLE_FIELDS(options_fields),
	.options = FETTLE_OPTIONS(options_options),
	.self_size = sizeof(struct options),
	.read = options_read,
};
