#!/bin/sh
# SPDX-License-Identifier: MIT
# Every #include of src and plugins is one that src/LAYERS allows.
cd "${srcdir:-.}" || exit 99
echo 1..2

included() { # the quoted includes of a file, as folder names; "." for src
	sed -n 's/^#[ \t]*include "\(.*\)"/\1/p' "$1" |
	    sed 's|^[^/]*$|.|; s|/.*||'
}

bad=$(for f in src/*.[ch] src/*/*.[ch]; do
	[ -f "$f" ] || continue
	folder=${f#src/}
	case $folder in */*) folder=${folder%%/*} ;; *) folder=. ;; esac
	allowed=$(sed -n "s/^$folder: *//p" src/LAYERS)
	included "$f" | while read -r i; do
		case " $folder $allowed " in
		*" $i "*) ;;
		*) echo "$f includes something of $i" ;;
		esac
	done
done)
if [ -z "$bad" ]; then
	echo "ok 1 - a layer of src knows no higher one"
else
	echo "$bad" | sed 's/^/# /'
	echo "not ok 1 - a layer of src knows no higher one"
fi

bad=$(find plugins -name '*.[ch]' | while read -r f; do
	sed -n 's/^#[ \t]*include "\(.*\)"/\1/p' "$f" | while read -r i; do
		case $i in
		common/*) ;;
		*) [ -f "${f%/*}/$i" ] || echo "$f includes $i" ;;
		esac
	done
done)
if [ -z "$bad" ]; then
	echo "ok 2 - a plugin sees the interface, its folder and plugins/common"
else
	echo "$bad" | sed 's/^/# /'
	echo "not ok 2 - a plugin sees the interface, its folder and plugins/common"
fi
