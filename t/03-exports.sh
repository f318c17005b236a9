#!/bin/sh
# SPDX-License-Identifier: MIT
# fettled exports the interface that plugins link to, and nothing else.
fettled=$builddir/src/fettled
[ -x "$builddir/src/.libs/fettled" ] && fettled=$builddir/src/.libs/fettled
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
grep -A2 '^FETTLE_API' "$srcdir/src/include/fettle/plugin.h" |
    sed -n 's/.*[ *]\(fettle_[a-z_]*\)(.*/\1/p' | sort -u > "$work/declared"
nm -D --defined-only "$fettled" | awk '$2 == "T" || $2 == "D" || $2 == "R" {
	print $3 }' | grep -v '^_' | grep -v '^data_start$' |
    grep -v '__asan\|__tsan\|__ubsan\|__lsan\|__sanitizer\|__interceptor' |
    sort -u > "$work/exported"
echo 1..1
if diff "$work/declared" "$work/exported" > "$work/diff"; then
	echo "ok 1 - fettled exports the interface and nothing else"
else
	sed 's/^/# /' "$work/diff"
	echo "not ok 1 - fettled exports the interface and nothing else"
fi
