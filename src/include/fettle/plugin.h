/* SPDX-License-Identifier: MIT */
/*
 * fettle/plugin.h - everything a plugin may use, explained in
 * fettle-plugin(3).
 *
 * A plugin is one constant, made with FETTLE_PLUGIN below; nothing of it runs
 * when it is loaded.  The daemon calls the functions it fills in, and the
 * functions at the end of this header are what it may call in turn.
 *
 * How this interface grows: members are only appended.  Tables carry the size
 * of their row, and what the daemon hands over in numbers comes as an array of
 * pointers, so no stride ever changes.  What is marked "fixed" never grows.
 */
#ifndef FETTLE_PLUGIN_H
#define FETTLE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FETTLE_ABI_MAJOR 1 /* raised when an old plugin would misbehave */
#define FETTLE_ABI_MINOR 2 /* raised when something is appended */

#define FETTLE_API __attribute__((visibility("default")))
#define FETTLE_PRINTF(f) __attribute__((format(printf, f, (f) + 1)))

/* One instance of one plugin: a section of the configuration.  Opaque. */
struct fettle_ctx;

/* --- what is measured ---------------------------------------------------- */

enum fettle_kind {
	FETTLE_GAUGE = 1, /* the number itself */
	FETTLE_COUNTER,	  /* 64 bits, ever rising; a fall is a reset */
	FETTLE_TOTAL,	  /* a counter in double: seconds, mostly */
};

/* Units are text.  These are known everywhere, others pass through. */
#define FETTLE_NUMBER ""
#define FETTLE_BYTES "bytes"
#define FETTLE_SECONDS "seconds"
#define FETTLE_PERCENT "percent" /* 0 to 100 */
#define FETTLE_CELSIUS "celsius"
#define FETTLE_TIMESTAMP "timestamp" /* seconds since 1970 */

/* What one number means.  It never changes: a new meaning gets a new name. */
struct fettle_field {
	const char *name; /* [A-Za-z0-9_]{1,63} */
	enum fettle_kind kind;
	const char *unit; /* one of the above, or any short text */
	const char *help; /* one sentence; may be NULL in dynamic fields */
};

/* fixed */
struct fettle_tag {
	const char *key; /* [A-Za-z0-9_.-]{1,63} */
	const char *value;
};

/* One number.  kind 0 says that there is none.  fixed */
struct fettle_value {
	enum fettle_kind kind;
	union {
		double real;	/* FETTLE_GAUGE, FETTLE_TOTAL */
		uint64_t count; /* FETTLE_COUNTER */
	};
};

static inline struct fettle_value
fettle_gauge(double real)
{
	struct fettle_value v;

	v.kind = FETTLE_GAUGE;
	v.real = real;
	return v;
}

static inline struct fettle_value
fettle_total(double real)
{
	struct fettle_value v;

	v.kind = FETTLE_TOTAL;
	v.real = real;
	return v;
}

static inline struct fettle_value
fettle_count(uint64_t count)
{
	struct fettle_value v;

	v.kind = FETTLE_COUNTER;
	v.count = count;
	return v;
}

/*
 * One value list: what one plugin measured of one thing at one moment.
 *
 * Who submits one zeroes it, sets size = sizeof(struct fettle_list) and what
 * it knows; NULL and 0 mean "mine", "now", "none".  All of it is lent for the
 * call and copied by the daemon.
 *
 * A writer gets all of it.  It never gets a list without a value nor a number
 * that is not finite; names are UTF-8 without control characters.
 */
struct fettle_list {
	uint32_t size;
	/* A dense number for host + plugin + instance + tags, never used
	 * again for another: index tables of your own with it.  Set by the
	 * daemon. */
	uint32_t series;
	const char *host;
	const char *plugin;
	const char *instance;	       /* NULL: there is one, or the whole */
	const struct fettle_tag *tags; /* identity as well; sorted by key */
	size_t n_tags;		       /* 16 at most */
	int64_t time_ns;	       /* wall clock, when it was measured */
	int64_t interval_ns;	       /* until the next one is expected */
	const struct fettle_field *const *fields;
	const struct fettle_value *values; /* values[i] is of fields[i] */
	size_t n;
	/* Counters and totals per second, gauges as they are; NaN where that
	 * is unknown.  Set by the daemon. */
	const double *rates;
	/* Tags of the host, not identity.  Set by the daemon; a source that
	 * relays lists of other hosts may set them. */
	const struct fettle_tag *host_tags;
	size_t n_host_tags;
	/* What the plugin calls its instances: "core", "mount"; NULL: nobody
	 * said.  As host_tags. */
	const char *instance_name;
};

/* What a writer gets in one call. */
struct fettle_batch {
	uint32_t size;
	const struct fettle_list *const *lists;
	size_t n;
	/* Every list that enters a writer's queue takes the next number of
	 * that queue.  seq is that of lists[0], the others follow one by one.
	 * queue is 32 hexadecimal digits, others when numbering began anew. */
	const char *queue;
	uint64_t seq;
	/* Since 1.1.  The queues that all of the lists went through on other
	 * hubs, the first one first, without this one; NULL: it comes from a
	 * daemon that only sends. */
	const char *const *via;
	size_t n_via;
	int64_t sent_ns; /* its sender's wall clock; 0: nobody said */
};

/* --- what can be set: parsed, checked, filled, freed by the daemon ------- */

struct fettle_duration {
	int64_t ns;
};

struct fettle_size {
	uint64_t bytes;
};

/*
 * Given as NAME_file or NAME_env, never inline.  It may change between two
 * calls: use it where it is, never keep, log or print it.  text is NULL where
 * none was given.
 */
struct fettle_secret {
	const char *text;
};

struct fettle_strings {
	size_t n;
	const char *const *v;
};

/* n structs in a row, the first member of each is `const char *key`. */
struct fettle_tables {
	size_t n;
	void *v;
};

enum fettle_type {
	FETTLE_T_BOOL = 1, /* bool */
	FETTLE_T_INT,	   /* int64_t */
	FETTLE_T_REAL,	   /* double */
	FETTLE_T_STRING,   /* const char * */
	FETTLE_T_DURATION, /* struct fettle_duration: 500ms, 10s, 5m, 1h, 7d */
	FETTLE_T_SIZE,	   /* struct fettle_size: 4096, 64KiB, 1GiB, 10MB */
	FETTLE_T_SECRET,   /* struct fettle_secret */
	FETTLE_T_STRINGS, /* struct fettle_strings: a text or a list of them */
	FETTLE_T_TABLES,  /* struct fettle_tables: a mapping of mappings */
	FETTLE_T_GROUP,	  /* a struct: a mapping with options of its own */
};

struct fettle_option;

/* fixed */
struct fettle_options {
	const struct fettle_option *v;
	uint32_t n;
	uint32_t size; /* of a row */
};

/* One thing a user may set; made with the macros below. */
struct fettle_option {
	const char *name;     /* key in the file and member of the state */
	const char *fallback; /* as in the file; NULL: required; "": it stays
			       * zero, a text NULL */
	const char *help;     /* a sentence; becomes the manual page */
	enum fettle_type type;
	size_t offset;	     /* of the member it fills */
	double min, max;     /* of the number, bytes, seconds, or the count
			      * of strings and tables; both 0: any */
	const char *choices; /* "auto|1|2|3"; NULL: any */
	struct fettle_options sub; /* tables: of a row; group: its own */
	size_t sub_size;	   /* tables: sizeof a row; group: sizeof it */
};

#ifdef __cplusplus
}
#define FETTLE_TYPE_FN(type, t)                                               \
	constexpr fettle_type fettle_type_of(type *)                          \
	{                                                                     \
		return t;                                                     \
	}
FETTLE_TYPE_FN(bool, FETTLE_T_BOOL)
FETTLE_TYPE_FN(int64_t, FETTLE_T_INT)
FETTLE_TYPE_FN(double, FETTLE_T_REAL)
FETTLE_TYPE_FN(const char *, FETTLE_T_STRING)
FETTLE_TYPE_FN(fettle_duration, FETTLE_T_DURATION)
FETTLE_TYPE_FN(fettle_size, FETTLE_T_SIZE)
FETTLE_TYPE_FN(fettle_secret, FETTLE_T_SECRET)
FETTLE_TYPE_FN(fettle_strings, FETTLE_T_STRINGS)
FETTLE_TYPE_FN(fettle_tables, FETTLE_T_TABLES)
#undef FETTLE_TYPE_FN
#define FETTLE_TYPE_OF(st, m)                                                 \
	fettle_type_of(static_cast<decltype(((st *)nullptr)->m) *>(nullptr))
#define FETTLE_EXTERN extern "C"
extern "C" {
#else
/* clang-format off */
#define FETTLE_TYPE_OF(st, m)                                                 \
	_Generic(((st *)0)->m,                                                \
	    bool: FETTLE_T_BOOL,                                              \
	    int64_t: FETTLE_T_INT,                                            \
	    double: FETTLE_T_REAL,                                            \
	    const char *: FETTLE_T_STRING,                                    \
	    struct fettle_duration: FETTLE_T_DURATION,                        \
	    struct fettle_size: FETTLE_T_SIZE,                                \
	    struct fettle_secret: FETTLE_T_SECRET,                            \
	    struct fettle_strings: FETTLE_T_STRINGS,                          \
	    struct fettle_tables: FETTLE_T_TABLES)
/* clang-format on */
#define FETTLE_EXTERN extern
#endif

/* clang-format off */
#define FETTLE_OPTION_(st, m, fb, help, lo, hi, ch, ...)                      \
	{                                                                     \
		#m, fb, help, FETTLE_TYPE_OF(st, m), offsetof(st, m), lo, hi, \
		    ch, __VA_ARGS__                                           \
	}
/* An option without limits; the type is read off the member st.m. */
#define FETTLE_OPTION(st, m, fb, help)                                        \
	FETTLE_OPTION_(st, m, fb, help, 0, 0, NULL, { NULL, 0, 0 }, 0)
/* One between lo and hi: the number, bytes, seconds, count of strings. */
#define FETTLE_RANGE(st, m, fb, help, lo, hi)                                 \
	FETTLE_OPTION_(st, m, fb, help, lo, hi, NULL, { NULL, 0, 0 }, 0)
/* One of several words: "auto|1|2|3". */
#define FETTLE_CHOICE(st, m, fb, help, ch)                                    \
	FETTLE_OPTION_(st, m, fb, help, 0, 0, ch, { NULL, 0, 0 }, 0)
/* A mapping of mappings; each fills one struct row by the options rows. */
#define FETTLE_TABLES(st, m, help, rows, row)                                 \
	FETTLE_OPTION_(st, m, "", help, 0, 0, NULL, FETTLE_OPTIONS(rows),     \
	    sizeof(row))
/* A mapping that fills st.m, a struct, by the options rows.  Where it is not
 * given the struct stays zero, and what is required in it is not. */
#define FETTLE_GROUP(st, m, help, rows)                                       \
	{                                                                     \
		#m, "", help, FETTLE_T_GROUP, offsetof(st, m), 0, 0, NULL,    \
		    FETTLE_OPTIONS(rows), sizeof(((st *)0)->m)                \
	}
#define FETTLE_OPTIONS(a)                                                     \
	{                                                                     \
		(a), (uint32_t)(sizeof(a) / sizeof *(a)),                     \
		    (uint32_t)sizeof *(a)                                     \
	}
#define FETTLE_FIELDS(a) FETTLE_OPTIONS(a)
/* clang-format on */

/* --- what people are told ------------------------------------------------ */

enum fettle_severity {
	FETTLE_OK = 1,
	FETTLE_NO_DATA,
	FETTLE_WARNING,
	FETTLE_FAILURE,
};

enum fettle_reason {
	FETTLE_CHANGED = 1, /* an alert changed its state */
	FETTLE_REMINDER,    /* it has not, and still fires */
	FETTLE_TEST,	    /* somebody tries the receiver */
};

struct fettle_alert {
	const char *incident; /* the same from first notice to resolution */
	const char *rule, *message;
	const char *host, *plugin, *instance, *field, *unit;
	const struct fettle_tag *tags;
	size_t n_tags;
	enum fettle_severity severity, was;
	double value, limit, worst;		 /* NaN: none */
	int64_t since_ns, changed_ns, remind_ns; /* wall clock; 0: none */
	uint32_t held; /* changes held back since the last notice */
};

/* One message to one receiver. */
struct fettle_notice {
	uint32_t size;
	enum fettle_reason reason;
	enum fettle_severity severity; /* the worst of the alerts */
	const char *id;		       /* the same at every attempt */
	/* Ready to send.  Control characters: only \n, and only in text. */
	const char *title, *text;
	const char *url; /* where to look; NULL: nowhere */
	/* One, or several folded together. */
	const struct fettle_alert *const *alerts;
	size_t n;
};

/* --- a plugin ------------------------------------------------------------ */

/* What write and notify return.  Below 0 (-errno) is FETTLE_RETRY. */
enum fettle_answer {
	FETTLE_DELIVERED,    /* all of it, but for what fettle_refuse named */
	FETTLE_RETRY,	     /* later, the same */
	FETTLE_TOO_LARGE,    /* smaller pieces, please */
	FETTLE_REFUSED,	     /* something in it will never be taken */
	FETTLE_UNAUTHORISED, /* later, perhaps with another secret */
	/* Since 1.2, of notify: nobody knows whether it was delivered, as
	 * where the answer was lost.  It is said again, if at all, as what may
	 * be known. */
	FETTLE_UNKNOWN,
};

/* Flags of a plugin. */
#define FETTLE_SOURCE 1u  /* calls fettle_post from threads of its own */
#define FETTLE_DYNAMIC 2u /* submits fields that it does not declare */
/* A library it uses bears one call at a time in the whole process. */
#define FETTLE_SERIAL 4u
/* A writer whose batches leave once an interval, at an offset drawn from its
 * queue's id, so that a fleet does not call all at once. */
#define FETTLE_SPREAD 8u
/* Since 1.1.  A source of what other fettleds measured, which passes on their
 * batches with their numbers: fettle_post_batch. */
#define FETTLE_HUB 16u

/* fixed */
struct fettle_fields {
	const struct fettle_field *v;
	uint32_t n;
	uint32_t size; /* of a row */
};

/*
 * What a plugin does is what it fills in: read, or write, or notify; and a
 * source may also write.  Functions return 0, or what
 * fettle_fail returned (-errno); write and notify an enum fettle_answer.
 *
 * Two calls for one instance never overlap, and each sees what the one before
 * it did; they come from any thread.  Calls for different instances run at the
 * same time.  Every call has a deadline, see fettle_left.
 */
struct fettle_plugin {
	uint16_t abi_major, abi_minor; /* these three: FETTLE_ABI */
	uint32_t size;
	const char *summary;	   /* a sentence */
	const char *instance_name; /* what its instances are: "core" */
	const char *headline;	   /* the series a threshold on the plugin's
				    * bare name means: "disk[*].percent" */
	struct fettle_fields fields;
	struct fettle_options options;
	size_t self_size; /* the state: zeroed, then options filled in */
	uint32_t flags;
	uint32_t pace_ms; /* notify: least time between two notices */
	/* Prepares.  Does not wait for the network.  If it fails the instance
	 * is down and open is tried again after 1 s, doubling to 60 s. */
	int (*open)(struct fettle_ctx *);
	/* Ends what open or adopt began, once, if that returned 0. */
	void (*close)(struct fettle_ctx *);
	/* Measures, and submits what it measured. */
	int (*read)(struct fettle_ctx *);
	/* Delivers a batch.  What it is given is lent for the call. */
	int (*write)(struct fettle_ctx *, const struct fettle_batch *);
	/* Makes durable what write answered FETTLE_DELIVERED for, and sends
	 * what was held back: when somebody asks for it, and before close. */
	int (*flush)(struct fettle_ctx *);
	/* Delivers a notice. */
	int (*notify)(struct fettle_ctx *, const struct fettle_notice *);
	/* In place of open, when a reload changed the instance's options: old
	 * is the state of the one before, at rest but still open.  Moves over
	 * sockets, threads, history, and leaves old so that close, which is
	 * called for it next, ends what was not moved.  If it fails old goes
	 * on, unchanged.  Absent: old is closed, then the new one opened. */
	int (*adopt)(struct fettle_ctx *, void *old);
	/* write: how many lists a batch holds at most (0: 1000), and how old
	 * its oldest list may become before it leaves (0: 1000 ms, or the
	 * interval for FETTLE_SPREAD).  `interval' in its section overrides
	 * the latter. */
	uint32_t batch_lists, batch_ms;
	/* Since 1.2, and not for a plugin that writes or notifies.  Answers a
	 * question that somebody puts to the instance, fettlectl(1): a text of
	 * the plugin's own choice, such as "top".  answer is for one JSON
	 * object with a NUL behind it, of size bytes at most.  It says what
	 * the plugin knows and waits for nothing: whoever asks waits 2 s.
	 * -EINVAL: that is no question of its; the reason names those that
	 * are.  What it returns does not change the instance's state. */
	int (*ask)(struct fettle_ctx *, const char *question, char *answer,
	    size_t size);
};

#define FETTLE_ANSWER_SIZE 65536 /* what ask is given to answer in */

#define FETTLE_ABI                                                            \
	FETTLE_ABI_MAJOR, FETTLE_ABI_MINOR,                                   \
	    (uint32_t)sizeof(struct fettle_plugin)

/* The name is libltdl's own way to tell the symbols of two modules apart. */
#define FETTLE_PLUGIN(id)                                                     \
	FETTLE_EXTERN FETTLE_API const struct fettle_plugin                   \
	    id##_LTX_fettle_plugin;                                           \
	const struct fettle_plugin id##_LTX_fettle_plugin

/* --- what the daemon offers ----------------------------------------------
 * 0 or -errno where an int is returned.  [any]: from any thread, between the
 * begin of open and the end of close.  The others only from within a call, on
 * the thread that makes it.
 */

/* [any] The state; NULL if self_size is 0. */
FETTLE_API void *fettle_self(struct fettle_ctx *);

/* [any] The instance's name in the configuration. */
FETTLE_API const char *fettle_label(struct fettle_ctx *);

/* [any] The name of this machine, as configured. */
FETTLE_API const char *fettle_host(struct fettle_ctx *);

/* Opens a file for reading, close-on-exec; below /proc and /sys as the
 * configuration places them.  A descriptor, or -errno. */
FETTLE_API int fettle_file(struct fettle_ctx *, const char *path);

/* A directory of its own, 0700, made on first use; NULL: there is none. */
FETTLE_API const char *fettle_state_dir(struct fettle_ctx *);

/* [any] The monotonic clock in ns. */
FETTLE_API int64_t fettle_now(struct fettle_ctx *);

/* How many ns are left until this call counts as stuck: end before. */
FETTLE_API int64_t fettle_left(struct fettle_ctx *);

/* The section's interval in ns. */
FETTLE_API int64_t fettle_interval(struct fettle_ctx *);

/*
 * In read only.  What was submitted leaves if read returns 0, else nothing
 * does; the first error is kept and fails the read.  -EINVAL: not what was
 * declared.
 */

/* One real per declared field, in their order; NaN is "no value".  -EINVAL
 * too if one of them is a counter. */
FETTLE_API int fettle_submit(
    struct fettle_ctx *, const char *instance, const double *, size_t n);
#define FETTLE_GAUGES(a) (a), sizeof(a) / sizeof *(a)

/* One value per declared field, each of the field's kind or of kind 0. */
FETTLE_API int fettle_submit_values(struct fettle_ctx *, const char *instance,
    const struct fettle_value *, size_t n);

/* A whole list; with FETTLE_DYNAMIC its fields may be made on the spot. */
FETTLE_API int fettle_submit_list(
    struct fettle_ctx *, const struct fettle_list *);

/* Return when every spooling writer has them on disk; -ETIMEDOUT after 5 s. */
#define FETTLE_DURABLE 1u
/* The lists come from another fettled: the \xNN in their names stay as they
 * are, and what "set by the daemon" says is taken from them. */
#define FETTLE_RELAYED 2u

/*
 * [any], for plugins flagged FETTLE_SOURCE.  Takes all lists or none, copies
 * them, and returns how many it took; the others were over a limit, too old or
 * from the future, or said another kind or unit than before, and are counted.
 * -EAGAIN: no room, try again in a second.  -EINVAL: not lists; why (of len
 * bytes) says what is wrong.  -ESHUTDOWN: the daemon ends.  Where some were
 * not taken why counts the reasons as members of a JSON object: "series": 3.
 */
FETTLE_API long fettle_post(struct fettle_ctx *,
    const struct fettle_list *const *, size_t n, uint32_t flags, char *why,
    size_t len);

/*
 * [any], since 1.1, for plugins flagged FETTLE_SOURCE and FETTLE_HUB.  The
 * same for a batch with numbers, as a writer of another fettled was given it:
 * what came from that queue before is skipped, so that what is sent again is
 * not there twice, and why begins with "duplicate": 3.  A list without a value
 * takes its number and nothing else.  queue NULL: there are no numbers.
 * -EINVAL too if queue or via are no queues; -ELOOP: it went through a queue
 * of this daemon before, or through too many.
 */
FETTLE_API long fettle_post_batch(struct fettle_ctx *,
    const struct fettle_batch *, uint32_t flags, char *why, size_t len);

/*
 * [any], for a plugin with write.  Waits, at most for ns, until every list
 * that the daemon had taken before the call has been through this instance's
 * write, or been dropped on the way.  0 or -ETIMEDOUT.  Not from write itself.
 */
FETTLE_API int fettle_settle(struct fettle_ctx *, int64_t ns);

/*
 * [any] One request of the control protocol, fettlectl(1), read-only.  answer
 * is called with the line that answers it before fettle_ask returns.
 */
FETTLE_API int fettle_ask(struct fettle_ctx *, const char *json,
    void (*answer)(void *, const char *json, size_t), void *);

/* Keeps the reason for status and the log, of several in one call the first,
 * and returns -err.  What err means is added to it (": Permission denied"),
 * but for EINVAL: then the text says what is wrong.  An err of 0 is EIO. */
FETTLE_API int fettle_fail(struct fettle_ctx *, int err, const char *fmt, ...)
    FETTLE_PRINTF(3);

/* Keeps the reason for an answer of write or notify and returns the answer;
 * after_s: when to try again, as the server said; 0: it did not say. */
FETTLE_API int fettle_answer(struct fettle_ctx *, enum fettle_answer,
    double after_s, const char *fmt, ...) FETTLE_PRINTF(4);

/* In write: lists[i] alone is bad and why.  Returns 0, or -EINVAL. */
FETTLE_API int fettle_refuse(
    struct fettle_ctx *, size_t i, const char *fmt, ...) FETTLE_PRINTF(3);

/* [any] One record in the log, named after the instance; a record is one
 * line whatever it contains.  For what an operator wants to know: failures of
 * calls are logged by the daemon. */
FETTLE_API void fettle_log(struct fettle_ctx *, int syslog_priority,
    const char *fmt, ...) FETTLE_PRINTF(3);

/* [any] The same with fields beside the text: {"peer", "10.0.0.7"}. */
FETTLE_API void fettle_log_fields(struct fettle_ctx *, int syslog_priority,
    const struct fettle_tag *fields, size_t n, const char *fmt, ...)
    FETTLE_PRINTF(5);

#ifdef __cplusplus
}
#endif
#endif
