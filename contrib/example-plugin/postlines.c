/* SPDX-License-Identifier: MIT */
/*
 * postlines: value lists as lines of text, by HTTP
 *
 * A line is queue, number, ns since 1970, host, plugin and instance, then a
 * #KEY=VALUE for each tag and a FIELD=NUMBER for each value, with a tab
 * between them.  What has come twice has the same queue and number.
 *
 * A whole writer in sixty lines of code: it encodes, sends, and says what came
 * of it.  To wait, to send again, to cut smaller what is too large or refused,
 * and to keep it on disk is the daemon's part.
 */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <fettle/plugin.h>

struct postlines {
	const char *url;
};

static const struct fettle_option postlines_options[] = {
	FETTLE_OPTION(struct postlines, url, NULL, "Where to post."),
};

/* Names come without control characters, so nothing needs to be escaped. */
static void
put_list(FILE *to, const struct fettle_batch *batch, size_t i)
{
	const struct fettle_list *l = batch->lists[i];

	fprintf(to, "%s\t%" PRIu64 "\t%" PRId64 "\t%s\t%s\t%s", batch->queue,
	    batch->seq + i, l->time_ns, l->host, l->plugin,
	    l->instance ? l->instance : "");
	for (size_t k = 0; k < l->n_tags; k++)
		fprintf(to, "\t#%s=%s", l->tags[k].key, l->tags[k].value);
	for (size_t k = 0; k < l->n; k++)
		if (l->values[k].kind == FETTLE_COUNTER)
			fprintf(to, "\t%s=%" PRIu64, l->fields[k]->name,
			    l->values[k].count);
		else if (l->values[k].kind != 0) /* there is a value */
			fprintf(to, "\t%s=%.17g", l->fields[k]->name,
			    l->values[k].real);
	putc('\n', to);
}

static size_t
ignore(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;
	return size * n;
}

static int
postlines_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	const struct postlines *self = fettle_self(ctx);
	CURL *curl = curl_easy_init();
	CURLcode rc = CURLE_OUT_OF_MEMORY;
	char *text = NULL;
	size_t len;
	long status = 0;
	FILE *to = open_memstream(&text, &len);

	for (size_t i = 0; to != NULL && i < batch->n; i++)
		put_list(to, batch, i);
	if (to != NULL && fclose(to) == 0 && curl != NULL) {
		curl_easy_setopt(curl, CURLOPT_URL, self->url);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
		curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
		    (long)(fettle_left(ctx) / 2000000)); /* half of it */
		rc = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	}
	curl_easy_cleanup(curl);
	free(text);
	if (rc != CURLE_OK)
		return fettle_fail(ctx, EIO, "%s", curl_easy_strerror(rc));
	if (status / 100 == 2)
		return FETTLE_DELIVERED;
	return fettle_answer(ctx,
	    status == 400   ? FETTLE_REFUSED
	    : status == 413 ? FETTLE_TOO_LARGE
			    : FETTLE_RETRY,
	    0, "HTTP %ld", status);
}

FETTLE_PLUGIN(postlines) = {
	FETTLE_ABI,
	.summary = "Value lists as lines of text, by HTTP.",
	.options = FETTLE_OPTIONS(postlines_options),
	.self_size = sizeof(struct postlines),
	.write = postlines_write,
};
