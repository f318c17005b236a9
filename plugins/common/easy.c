/* SPDX-License-Identifier: MIT */
#include "common/easy.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode once_result;

static void
init_once(void)
{
	once_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

#define SET(option, value) EASY_SET(rc, curl, option, value)

static CURLcode
set_all(CURL *curl, const struct easy_setup *setup)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* or who has waited long enough for a name goes on waiting for it */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_ERRORBUFFER, setup->said);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, setup->protocols);
#else
	SET(CURLOPT_PROTOCOLS, setup->protocol_bits);
#endif
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (setup->ca_file != NULL && *setup->ca_file != '\0') {
		SET(CURLOPT_CAINFO, setup->ca_file);
		/* or the system's directory is believed as well */
		SET(CURLOPT_CAPATH, NULL);
	}
	/* "" is no proxy, and none of the environment's */
	SET(CURLOPT_PROXY, setup->proxy != NULL ? setup->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	return rc;
}

CURL *
easy_new(const struct easy_setup *setup)
{
	CURL *curl;

	pthread_once(&once, init_once);
	curl = once_result == CURLE_OK ? curl_easy_init() : NULL;
	if (curl != NULL && set_all(curl, setup) != CURLE_OK) {
		curl_easy_cleanup(curl);
		return NULL;
	}
	return curl;
}
