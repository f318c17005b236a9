#!/bin/sh
# SPDX-License-Identifier: MIT
# subset.sh OLD NEW: every declaration of the old header is in the new one, in
# the same order; the new one may only have more.  Comments do not count.
strip() {
	cc=${CC:-cc}
	# shellcheck disable=SC2086 # it may carry flags
	$cc -fpreprocessed -dD -E -P -w "$1" | sed '/^#define/s/$/ ;/' |
	    tr -s ' \t\n' '   ' |
	    sed 's/[;{},]/&\
/g' | sed 's/^ *//; s/ *$//' | grep -v '^$' |
	    grep -v 'FETTLE_ABI_MINOR [0-9]'
}
old=$(mktemp) && new=$(mktemp) || exit 99
trap 'rm -f "$old" "$new"' EXIT
strip "$1" > "$old"
strip "$2" > "$new"
test -s "$old" || { echo "$1 cannot be read"; exit 1; }
gone=$(diff "$old" "$new" | grep '^<')
test -z "$gone" || { echo "gone or changed:"; echo "$gone"; exit 1; }
