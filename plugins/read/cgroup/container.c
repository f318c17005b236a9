/* SPDX-License-Identifier: MIT */
#include "container.h"

#include <jansson.h>
#include <string.h>

#define HEX "0123456789abcdef"

/* --- names of groups ----------------------------------------------------- */

/* Unless it is too long, which no name of a container is. */
static void
label_set(char *label, const char *text, size_t len)
{
	if (len > CONTAINER_NAME)
		return;
	memcpy(label, text, len);
	label[len] = '\0';
}

static bool
hex_digit(char c, unsigned *n)
{
	const char *at = c != '\0' ? strchr(HEX, c) : NULL;

	if (at != NULL)
		*n = (unsigned)(at - HEX);
	return at != NULL;
}

/* As systemd writes names that are not made for units: \x2d is a '-'. */
static void
label_unescape(char *label)
{
	char *to = label;

	for (const char *p = label; *p != '\0';) {
		unsigned high, low;

		if (p[0] == '\\' && p[1] == 'x' && hex_digit(p[2], &high) &&
		    hex_digit(p[3], &low) && (high | low) != 0) {
			*to++ = (char)(16 * high + low);
			p += 4;
		} else {
			*to++ = *p++;
		}
	}
	*to = '\0';
}

/* Whether text is begin, something, end; the something becomes the label. */
static bool
label_between(
    char *label, const char *text, const char *begin, const char *end)
{
	const size_t len = strlen(text);
	const size_t head = strlen(begin), tail = strlen(end);

	if (len <= head + tail || strncmp(text, begin, head) != 0 ||
	    strcmp(text + len - tail, end) != 0)
		return false;
	label_set(label, text + head, len - head - tail);
	label_unescape(label);
	return true;
}

static bool
container_is_named(const char *path, const char *name, struct labels *labels)
{
	char *label = labels->container;

	return label_between(label, name, "lxc.payload.", "") ||
	       (strncmp(path, "/lxc/", 5) == 0 && name == path + 5 &&
		   label_between(label, name, "", "")) ||
	       label_between(label, name, "systemd-nspawn@", ".service") ||
	       label_between(label, name, "machine-", ".scope");
}

static enum runtime
container_runtime(const char *prefix, size_t len)
{
	static const char *const prefixes[RUNTIME_N] = {
		[RUNTIME_ANY] = "",
		[RUNTIME_DOCKER] = "docker-",
		[RUNTIME_PODMAN] = "libpod-",
		[RUNTIME_CONTAINERD] = "cri-containerd-",
		[RUNTIME_CRIO] = "crio-",
	};

	for (int i = 0; i < RUNTIME_N; i++)
		if (prefixes[i] != NULL && strlen(prefixes[i]) == len &&
		    strncmp(prefix, prefixes[i], len) == 0)
			return (enum runtime)i;
	return RUNTIME_OTHER;
}

/* What looks after a container of Podman or CRI-O is none. */
static bool
container_is_conmon(const char *prefix, size_t len)
{
	static const char conmon[] = "-conmon-";
	const size_t n = sizeof(conmon) - 1;

	return len >= n && strncmp(prefix + len - n, conmon, n) == 0;
}

bool
container_parse(const char *path, struct container *c, struct labels *labels)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t len = strlen(name), prefix;

	*c = (struct container){ 0 };
	*labels = (struct labels){ 0 };
	if (container_is_named(path, name, labels)) {
		c->runtime = RUNTIME_NAMED;
		return true;
	}
	if (len > 6 && strcmp(name + len - 6, ".scope") == 0)
		len -= 6;
	if (len < CONTAINER_ID ||
	    strspn(name + len - CONTAINER_ID, HEX) != CONTAINER_ID)
		return false;
	prefix = len - CONTAINER_ID;
	if ((prefix > 0 && name[prefix - 1] != '-') ||
	    container_is_conmon(name, prefix))
		return false;
	memcpy(c->id, name + prefix, CONTAINER_ID);
	c->runtime = container_runtime(name, prefix);
	return true;
}

/* --- files of runtimes --------------------------------------------------- */

const char *
container_file(enum runtime runtime, size_t i)
{
	static const char *const files[RUNTIME_N][2] = {
		[RUNTIME_DOCKER] = { "containers/%s/config.v2.json" },
		[RUNTIME_PODMAN] = { "overlay-containers/containers.json",
		    "overlay-containers/volatile-containers.json" },
		[RUNTIME_CONTAINERD] = { "io.containerd.runtime.v2.task/k8s.io/%s/config.json" },
		[RUNTIME_CRIO] = { "overlay-containers/%s/userdata/config.json" },
	};

	return i < 2 ? files[runtime][i] : NULL;
}

static void
label_take(char *label, const json_t *text)
{
	const char *s = json_string_value(text);

	if (s != NULL)
		label_set(label, s, json_string_length(text));
}

/* {"Name": "/web", ...} */
static void
docker_labels(const json_t *root, struct labels *labels)
{
	const json_t *name = json_object_get(root, "Name");
	const char *s = json_string_value(name);

	if (s != NULL)
		label_set(labels->container, s + (*s == '/'),
		    strlen(s + (*s == '/')));
}

/* [{"id": "...", "names": ["web"], ...}, ...] */
static void
podman_labels(const json_t *root, const char *id, struct labels *labels)
{
	for (size_t i = 0; i < json_array_size(root); i++) {
		const json_t *c = json_array_get(root, i);
		const char *its = json_string_value(json_object_get(c, "id"));

		if (its == NULL || strcmp(its, id) != 0)
			continue;
		label_take(labels->container,
		    json_array_get(json_object_get(c, "names"), 0));
		return;
	}
}

/* {"annotations": {...}, ...}, as Kubernetes has them made. */
static void
annotation_labels(
    const json_t *root, const char *const *keys, struct labels *labels)
{
	const json_t *a = json_object_get(root, "annotations");

	label_take(labels->container, json_object_get(a, keys[0]));
	label_take(labels->pod, json_object_get(a, keys[1]));
	label_take(labels->space, json_object_get(a, keys[2]));
}

bool
container_labels(enum runtime runtime, const char *id, const char *text,
    size_t len, struct labels *labels)
{
	static const char *const containerd[] = {
		"io.kubernetes.cri.container-name",
		"io.kubernetes.cri.sandbox-name",
		"io.kubernetes.cri.sandbox-namespace"
	};
	static const char *const crio[] = { "io.kubernetes.container.name",
		"io.kubernetes.pod.name", "io.kubernetes.pod.namespace" };
	json_t *root = json_loadb(text, len, 0, NULL);

	if (runtime == RUNTIME_DOCKER)
		docker_labels(root, labels);
	else if (runtime == RUNTIME_PODMAN)
		podman_labels(root, id, labels);
	else if (runtime == RUNTIME_CONTAINERD)
		annotation_labels(root, containerd, labels);
	else if (runtime == RUNTIME_CRIO)
		annotation_labels(root, crio, labels);
	json_decref(root);
	return labels->container[0] != '\0' || labels->pod[0] != '\0';
}
