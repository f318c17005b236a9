#!/bin/sh
# SPDX-License-Identifier: MIT
# The public header stands alone, in C11 and in C++17, without a warning.
header=$srcdir/src/include
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
flags="-pedantic -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"

cat > "$work/whole.c" <<'END'
#include <fettle/plugin.h>
struct state { bool on; int64_t n; double x; const char *s;
	struct fettle_duration d; struct fettle_size z;
	struct fettle_secret k; struct fettle_strings v;
	struct fettle_tables t; struct { bool in; } g; };
struct row { const char *key; bool on; };
static const struct fettle_option rows[] = {
	FETTLE_OPTION(struct row, on, "true", "On.") };
struct group { bool in; };
static const struct fettle_option inner[] = {
	FETTLE_OPTION(struct group, in, "true", "In.") };
static const struct fettle_option options[] = {
	FETTLE_OPTION(struct state, on, "true", "On."),
	FETTLE_RANGE(struct state, n, "3", "N.", 1, 9),
	FETTLE_OPTION(struct state, x, "1.5", "X."),
	FETTLE_CHOICE(struct state, s, "a", "S.", "a|b"),
	FETTLE_OPTION(struct state, d, "1s", "D."),
	FETTLE_OPTION(struct state, z, "1KiB", "Z."),
	FETTLE_OPTION(struct state, k, "", "K."),
	FETTLE_OPTION(struct state, v, "", "V."),
	FETTLE_TABLES(struct state, t, "T.", rows, struct row),
	FETTLE_GROUP(struct state, g, "G.", inner) };
static const struct fettle_field fields[] = {
	{ "x", FETTLE_GAUGE, FETTLE_NUMBER, "X." } };
static int
whole_read(struct fettle_ctx *ctx)
{
	const struct fettle_value v[] = { fettle_gauge(1) };

	return fettle_submit_values(ctx, NULL, v, 1);
}
FETTLE_PLUGIN(whole) = { FETTLE_ABI, .summary = "Everything.",
	.fields = FETTLE_FIELDS(fields), .options = FETTLE_OPTIONS(options),
	.self_size = sizeof(struct state), .read = whole_read };
END
cat > "$work/whole.cc" <<'END'
#include <fettle/plugin.h>
struct state { bool on; int64_t n; const char *path; fettle_duration every; };
static constexpr fettle_option options[] = {
	FETTLE_OPTION(state, on, "true", "On."),
	FETTLE_RANGE(state, n, "3", "N.", 1, 9),
	FETTLE_OPTION(state, path, "", "Where."),
	FETTLE_OPTION(state, every, "10s", "How often."),
};
static constexpr fettle_field fields[] = {
	{ "x", FETTLE_GAUGE, FETTLE_NUMBER, "X." } };
static int whole_read(fettle_ctx *ctx)
{
	const fettle_value v[] = { fettle_total(1.5) };
	return fettle_submit_values(ctx, nullptr, v, 1);
}
static constexpr fettle_plugin whole()
{
	fettle_plugin p = {};
	p.abi_major = FETTLE_ABI_MAJOR;
	p.abi_minor = FETTLE_ABI_MINOR;
	p.size = sizeof(p);
	p.summary = "In C++.";
	p.fields = FETTLE_FIELDS(fields);
	p.options = FETTLE_OPTIONS(options);
	p.self_size = sizeof(state);
	p.read = whole_read;
	return p;
}
FETTLE_PLUGIN(whole) = whole();
END

n=0
check() { # what, command...
	n=$((n + 1))
	what=$1
	shift
	if "$@" > "$work/out" 2>&1; then
		echo "ok $n - $what"
	else
		sed 's/^/# /' "$work/out"
		echo "not ok $n - $what"
	fi
}

echo 1..5
# shellcheck disable=SC2086 # the flags are many
check "a C11 plugin compiles with every macro" \
    $CC -std=c11 $flags -I"$header" -fsyntax-only "$work/whole.c"
# shellcheck disable=SC2086
check "a C++17 plugin compiles" \
    $CXX -std=c++17 $flags -I"$header" -fsyntax-only "$work/whole.cc"
# shellcheck disable=SC2086
$CXX -std=c++17 $flags -I"$header" -fPIC -c -o "$work/whole.o" "$work/whole.cc"
check "the descriptor of a C++ plugin is constant: nothing runs at load" \
    sh -c "! nm '$work/whole.o' | grep -q 'GLOBAL__sub_I'"
for version in 1.0 1.1; do
	check "the frozen copy of interface $version is still in the header" \
	    "$srcdir/t/abi/subset.sh" "$srcdir/t/abi/$version/plugin.h" \
	    "$header/fettle/plugin.h"
done
