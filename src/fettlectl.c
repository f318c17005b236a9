/* SPDX-License-Identifier: MIT */
/* fettlectl: asks a running fettled, and prints what it answers. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/standard.h"
#include "config/suggest.h"
#include "control/protocol.h"
#include "control/render.h"
#include "control/table.h"
#include "fettlectl_ask.h"
#include "fettlectl_request.h"
#include "fettlectl_show.h"
#include "fettlectl_token.h"
#include "fettlectl_watch.h"

enum { EXIT_NO = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

/* Options that only some verbs have. */
enum {
	TAKES_ALL = 1,
	TAKES_RULES = 2,
	TAKES_SILENCE = 4,
	TAKES_TOKEN = 8, /* token, which is none of the verbs */
};

struct verb {
	const char *name;
	const char *arguments[2]; /* the members they become; NULL: no more */
	int needs;		  /* how many arguments there must be */
	bool watches;
	unsigned takes;	     /* it is this verb only with these options */
	const char *request; /* what they are put into; NULL: do NAME */
	const char *usage, *help;
	void (*show)(FILE *out, const json_t *answer, bool colour);
};

static const struct verb verbs[] = {
	{ .name = "status",
	    .usage = "status",
	    .help = "the daemon, its plugins and what they last did",
	    .show = show_status },
	{ .name = "values",
	    .arguments = { "pattern" },
	    .watches = true,
	    .usage = "values [PATTERN] [--watch]",
	    .help = "the newest value of each series",
	    .show = show_values },
	{ .name = "hosts",
	    .usage = "hosts",
	    .help = "the machines it knows, and when it heard of them",
	    .show = show_hosts },
	{ .name = "alerts",
	    .watches = true,
	    .usage = "alerts [--watch]",
	    .help = "what is wrong, the worst first",
	    .show = show_alerts },
	{ .name = "alerts",
	    .watches = true,
	    .takes = TAKES_ALL,
	    .request = "{\"do\": \"alerts\", \"all\": true}",
	    .usage = "alerts --all [--watch]",
	    .help = "what is pending or ok as well, and what happened",
	    .show = show_all_alerts },
	{ .name = "alerts",
	    .takes = TAKES_RULES,
	    .request = "{\"do\": \"rules\"}",
	    .usage = "alerts --rules",
	    .help = "the rules, and how many series they watch",
	    .show = show_rules },
	{ .name = "explain",
	    .arguments = { "what" },
	    .needs = 1,
	    .usage = "explain SERIES|RULE",
	    .help = "why somebody was told of it, or was not",
	    .show = show_explain },
	{ .name = "silence",
	    .arguments = { "pattern" },
	    .needs = 1,
	    .takes = TAKES_SILENCE,
	    .usage = "silence PATTERN --for 2h --reason TEXT",
	    .help = "tell nobody of it for a while",
	    .show = show_silence },
	{ .name = "silences",
	    .usage = "silences",
	    .help = "of what nobody is told now, until when and why",
	    .show = show_silences },
	{ .name = "unsilence",
	    .arguments = { "number" },
	    .needs = 1,
	    .usage = "unsilence NUMBER",
	    .help = "end a silence",
	    .show = show_unsilence },
	{ .name = "forget",
	    .arguments = { "pattern" },
	    .needs = 1,
	    .usage = "forget PATTERN",
	    .help = "close alerts of what will not come back",
	    .show = show_forget },
	{ .name = "test",
	    .arguments = { "receiver" },
	    .needs = 1,
	    .usage = "test RECEIVER",
	    .help = "send a message that is marked as a test",
	    .show = show_test },
	{ .name = "reload",
	    .usage = "reload",
	    .help = "read the configuration again",
	    .show = show_reload },
	{ .name = "spool",
	    .arguments = { "writer" },
	    .watches = true,
	    .usage = "spool [WRITER]",
	    .help = "what waits for writers, and what they could not deliver",
	    .show = show_spool },
	{ .name = "top",
	    .arguments = { "label" },
	    .watches = true,
	    .request = "{\"do\": \"ask\", \"label\": \"processes\", "
		       "\"question\": \"top\"}",
	    .usage = "top [LABEL] [--watch]",
	    .help = "the processes that take most",
	    .show = show_top },
	{ .name = "ask",
	    .arguments = { "label", "question" },
	    .needs = 2,
	    .usage = "ask LABEL QUESTION",
	    .help = "what an instance answers to that",
	    .show = show_ask },
	{ .name = "flush",
	    .arguments = { "writer" },
	    .usage = "flush [WRITER]",
	    .help = "make writers deliver what they hold",
	    .show = show_flush },
};
enum { ARGUMENTS = 2, USAGE_WIDTH = 27 };
enum { VERBS = sizeof(verbs) / sizeof *verbs };

struct options {
	const char *socket;
	bool json, watch;
	bool terminal, colour;
	unsigned takes;
	const char *span, *reason; /* of a silence */
	struct token_options token;
};

static void complain(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static void
complain(const char *fmt, ...)
{
	struct buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	table_line(stderr, false, TABLE_PLAIN, "fettlectl: %s", text.data);
	buf_free(&text);
}

static void
print_help(void)
{
	char *path = ask_default_path();

	printf("usage: fettlectl [-s SOCKET] [--json] COMMAND [ARGUMENT]\n\n"
	       "Asks a running fettled.\n\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %-27s%s%s\n", verbs[i].usage,
		    strlen(verbs[i].usage) > USAGE_WIDTH
			? "\n                              "
			: " ",
		    verbs[i].help);
	printf("  %-27s %s\n", TOKEN_USAGE, TOKEN_HELP);
	printf(
	    "\n"
	    "  -s, --socket SOCKET         where it listens\n"
	    "                              (%s)\n"
	    "  --json                      print the answer as it came\n"
	    "  -w, --watch                 again and again\n"
	    "  --hosts GLOB                whose values a token may send (*)\n"
	    "  --scopes SCOPE,...          what it may: ingest, read, admin "
	    "(ingest)\n"
	    "  -h, --help\n"
	    "  -V, --version\n\n"
	    "exit: 0, 1 (it said no), 2 (usage), 3 (cannot reach it)\n",
	    path);
	free(path);
}

/* The verb of that name which takes these, or else the first of that name. */
static const struct verb *
find_verb(const char *name, unsigned takes)
{
	const char *names[VERBS + 1], *near;
	const struct verb *found = NULL;

	for (size_t i = 0; i < VERBS; i++) {
		names[i] = verbs[i].name;
		if (strcmp(name, names[i]) == 0 &&
		    (found == NULL || verbs[i].takes == takes))
			found = &verbs[i];
	}
	if (found != NULL)
		return found;
	names[VERBS] = "token";
	near = suggest(name, names, VERBS + 1);
	if (near != NULL)
		complain(
		    "unknown command '%s', did you mean '%s'?", name, near);
	else
		complain("unknown command '%s', see fettlectl --help", name);
	return NULL;
}

/* --- answers ------------------------------------------------------------- */

/* What an error says, a line each, to stderr. */
static void
print_error(const json_t *answer)
{
	const json_t *errors = json_object_get(answer, "errors");

	complain("%s", render_text(answer, "error"));
	for (size_t i = 0; i < json_array_size(errors); i++) {
		const char *error =
		    json_string_value(json_array_get(errors, i));

		table_line(stderr, false, TABLE_PLAIN, "%s",
		    error != NULL ? error : "");
	}
}

static void
print_answer(const struct verb *verb, const struct options *options,
    const struct buf *line, const json_t *answer)
{
	if (options->json)
		printf("%s\n", line->data);
	else if (json_object_get(answer, "error") != NULL)
		print_error(answer);
	else if (options->watch)
		watch_show(
		    verb->show, answer, options->terminal, options->colour);
	else
		verb->show(stdout, answer, options->colour);
}

/* The answer, the caller's, or NULL where none came. */
static json_t *
ask_json(int fd, const char *request, struct buf *line)
{
	char why[256];
	json_t *answer;

	if (ask(fd, request, line, why, sizeof(why)) < 0) {
		complain("%s", why);
		return NULL;
	}
	answer = json_loadb(line->data, line->len, 0, NULL);
	if (json_is_object(answer))
		return answer;
	complain("what answers does not speak the control protocol");
	json_decref(answer);
	return NULL;
}

/* An exit status; *answer is the caller's. */
static int
ask_and_print(int fd, const struct verb *verb, const struct options *options,
    const char *request, json_t **answer)
{
	struct buf line = { 0 };
	int status = EXIT_UNREACHABLE;

	*answer = ask_json(fd, request, &line);
	if (*answer != NULL) {
		print_answer(verb, options, &line, *answer);
		status = json_object_get(*answer, "error") != NULL
			     ? EXIT_NO
			     : EXIT_SUCCESS;
	}
	buf_free(&line);
	return status;
}

static int
run_verb(const struct verb *verb, const struct options *options,
    const char *request)
{
	char why[256];
	const int fd = ask_open(options->socket, why, sizeof(why));
	json_t *answer;
	int status;

	if (fd < 0) {
		complain("%s", why);
		return EXIT_UNREACHABLE;
	}
	status = ask_and_print(fd, verb, options, request, &answer);
	while (options->watch && status == EXIT_SUCCESS && !ferror(stdout)) {
		fflush(stdout);
		watch_pause(answer);
		json_decref(answer);
		status = ask_and_print(fd, verb, options, request, &answer);
	}
	json_decref(answer);
	close(fd);
	return status;
}

/* --- the command line ---------------------------------------------------- */

/* False: it is none of those that only some verbs have. */
static bool
parse_taken(int c, struct options *options)
{
	if (c == 'a')
		options->takes |= TAKES_ALL;
	else if (c == 'r')
		options->takes |= TAKES_RULES;
	else if (c == 'f' || c == 'R')
		options->takes |= TAKES_SILENCE;
	else if (c == 'H' || c == 'S')
		options->takes |= TAKES_TOKEN;
	else
		return false;
	if (c == 'f')
		options->span = optarg;
	if (c == 'R')
		options->reason = optarg;
	if (c == 'H')
		options->token.hosts = optarg;
	if (c == 'S')
		options->token.scopes = optarg;
	return true;
}

/* Where there is a command and its argument; else what to exit with. */
static int
parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "watch", no_argument, NULL, 'w' },
		{ "all", no_argument, NULL, 'a' },
		{ "rules", no_argument, NULL, 'r' },
		{ "for", required_argument, NULL, 'f' },
		{ "reason", required_argument, NULL, 'R' },
		{ "hosts", required_argument, NULL, 'H' },
		{ "scopes", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "s:whV", known, NULL)) != -1) {
		switch (c) {
		case 's':
			options->socket = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'w':
			options->watch = true;
			break;
		case 'h':
			print_help();
			return EXIT_SUCCESS;
		case 'V':
			puts("fettlectl " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			if (!parse_taken(c, options))
				return EXIT_USAGE;
		}
	}
	return -1;
}

static bool
has_its_options(const struct verb *verb, const struct options *options)
{
	const bool whole = options->span != NULL && options->reason != NULL &&
			   options->reason[0] != '\0';

	if ((verb->takes & TAKES_SILENCE) && !whole)
		complain("a silence needs an end and a reason, usage: "
			 "fettlectl %s",
		    verb->usage);
	else if (options->takes != verb->takes)
		complain("an option is not for this command, usage: "
			 "fettlectl %s",
		    verb->usage);
	else
		return true;
	return false;
}

static bool
is_usable(
    const struct verb *verb, const struct options *options, int arguments)
{
	int takes = 0;

	while (takes < ARGUMENTS && verb->arguments[takes] != NULL)
		takes++;
	if (arguments > takes || arguments < verb->needs) {
		complain("too %s arguments, usage: fettlectl %s",
		    arguments > takes ? "many" : "few", verb->usage);
		return false;
	}
	if (!has_its_options(verb, options))
		return false;
	if (options->watch && !verb->watches) {
		complain("'%s' cannot be watched", verb->name);
		return false;
	}
	return true;
}

static int
run_token(int argc, char **argv, const struct options *options)
{
	char why[256];
	int rc;

	if (argc != 1 || options->watch ||
	    (options->takes & ~(unsigned)TAKES_TOKEN) != 0) {
		complain("usage: fettlectl %s", TOKEN_USAGE);
		return EXIT_USAGE;
	}
	rc = token_print(
	    argv[0], &options->token, options->json, why, sizeof(why));
	if (rc == 0)
		return EXIT_SUCCESS;
	complain("%s", why);
	return rc == -EINVAL ? EXIT_USAGE : EXIT_NO;
}

static int
run(int argc, char **argv, const struct options *options)
{
	const struct verb *verb;
	struct request r = { .span = options->span,
		.reason = options->reason };
	char why[512], *line;
	int status;

	if (argc == 0) {
		complain("which command? see fettlectl --help");
		return EXIT_USAGE;
	}
	if (strcmp(argv[0], "token") == 0)
		return run_token(argc - 1, argv + 1, options);
	verb = find_verb(argv[0], options->takes);
	if (verb == NULL || !is_usable(verb, options, argc - 1))
		return EXIT_USAGE;
	r.command = verb->name;
	r.begun = verb->request;
	r.members = verb->arguments;
	r.arguments = argv + 1;
	r.n = argc - 1;
	line = request_line(&r, why, sizeof(why));
	if (line == NULL) {
		complain("%s", why);
		return EXIT_USAGE;
	}
	status = run_verb(verb, options, line);
	free(line);
	return status;
}

static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || no[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

int
main(int argc, char **argv)
{
	struct options options = { .terminal = isatty(STDOUT_FILENO) };
	char *path = ask_default_path();
	int status;

	standard_hold();
	json_set_alloc_funcs(xmalloc, free);
	options.socket = path;
	options.colour = options.terminal && wants_colour();
	status = parse_options(argc, argv, &options);
	if (status < 0)
		status = run(argc - optind, argv + optind, &options);
	free(path);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("cannot write the answer");
		return EXIT_NO;
	}
	return status;
}
