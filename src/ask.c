/* SPDX-License-Identifier: MIT */
/* Questions that somebody puts to an instance: what `ask' answers. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "control/protocol.h"
#include "daemon.h"
#include "flow/question.h"

/* Under the lock. */
static const struct unit *
find_unit(const struct daemon *d, const char *label)
{
	for (size_t i = 0; i < d->units.n; i++)
		if (strcmp(d->units.v[i].label, label) == 0)
			return &d->units.v[i];
	return NULL;
}

static bool
answers(const struct unit *u)
{
	return u->plugin->d.ask != NULL && u->job != NULL;
}

/* Under the lock.  A section may have another name than its plugin, or have
 * been given one by a reload: who could have been meant. */
static json_t *
no_such(const struct daemon *d, const char *label)
{
	struct buf others = { 0 };
	json_t *error;

	buf_puts(&others, "");
	for (size_t i = 0; i < d->units.n; i++)
		if (answers(&d->units.v[i]))
			buf_printf(&others, "%s '%s'",
			    others.len > 0 ? "," : "; those that answer are",
			    d->units.v[i].label);
	error =
	    control_error("no instance is called '%s'%s", label, others.data);
	buf_free(&others);
	return error;
}

/* Hands the question to who answers it.  NULL, or why that cannot be. */
static json_t *
put(struct daemon *d, const char *label, struct question *q)
{
	const struct unit *u;
	json_t *error = NULL;
	int rc = 0;

	pthread_mutex_lock(&d->lock);
	u = find_unit(d, label);
	if (d->ending)
		error = control_error("the daemon ends");
	else if (u == NULL)
		error = no_such(d, label);
	else if (!answers(u))
		error = control_error("'%s' answers no questions", label);
	else
		rc = pool_ask(&d->pool, u->job, q);
	if (rc == -EAGAIN)
		error = control_error(
		    "'%s' is busy: too many questions wait", label);
	else if (rc < 0)
		error = control_error("'%s' is stuck: a call of it does not "
				      "return",
		    label);
	pthread_mutex_unlock(&d->lock);
	return error;
}

/* An answer that came. */
static json_t *
take(const char *label, const struct question *q)
{
	json_error_t wrong;
	json_t *answer;

	if (q->rc < 0)
		return control_error("'%s': %s", label, q->answer);
	answer = json_loads(q->answer, JSON_REJECT_DUPLICATES, &wrong);
	if (json_is_object(answer))
		return json_pack("{s:b,s:s,s:o}", "ok", 1, "label", label,
		    "answer", answer);
	json_decref(answer);
	return control_error("what '%s' answered is no JSON object%s%s", label,
	    answer == NULL ? ": " : "", answer == NULL ? wrong.text : "");
}

json_t *
ask_plugin(struct daemon *d, const json_t *request)
{
	const char *label = control_text(request, "label");
	const char *text = control_text(request, "question");
	const int64_t until = clock_mono() + INSTANCE_ASK_S * NS_PER_S;
	struct question *q;
	json_t *answer;

	if (label == NULL || text == NULL)
		return control_error(
		    "\"label\" and \"question\" have to be texts");
	q = question_new(text);
	answer = put(d, label, q);
	if (answer == NULL && question_wait(q, until))
		answer = take(label, q);
	else if (answer == NULL)
		answer = control_error("'%s' is busy: no answer after %d s",
		    label, INSTANCE_ASK_S);
	question_unref(q);
	return answer;
}
