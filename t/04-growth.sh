#!/bin/sh
# SPDX-License-Identifier: MIT
# Plugins that were built against today's header run under a daemon whose
# field, option, list, notice and plugin structs each have one member more, so
# that what third parties build keeps running.
work=$builddir/t/growth
rm -rf "$work"
mkdir -p "$work/include/fettle" "$work/plugins" "$work/state" || exit 99
trap 'rm -rf "$work"' EXIT

awk '/^struct fettle_(field|option|list|notice|plugin) \{/ { inside = 1 }
inside && /^};/ { print "\tconst void *grown;"; inside = 0 }
{ print }' "$srcdir/src/include/fettle/plugin.h" \
    > "$work/include/fettle/plugin.h"

n=0
result() { # status, what
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}

echo 1..5
[ "$(grep -c 'void \*grown' "$work/include/fettle/plugin.h")" = 5 ]
result $? "five structs have grown"

# The daemon again, in a tree of its own, configured as this one was, with the
# grown header, and quickly; what initialises a struct in short lacks a member
# then.
args=$("$builddir/config.status" --config | sed "s/'*--enable-werror'*//")
(cd "$work" && eval "'$srcdir/configure' --quiet $args CFLAGS=-O0" &&
    make -s -j2 AM_CPPFLAGS="-include config.h -I$work/include" \
	src/fettled t/growth_notify) > "$work/log" 2>&1
status=$?
[ $status = 0 ] || sed 's/^/# /' "$work/log"
result $status "the daemon builds with them"

for p in cpu memory disk; do
	cp "$builddir/plugins/read/.libs/$p.so" "$work/plugins/" || exit 99
done
for p in dynamic counter sinkfile options notifier; do
	cp "$builddir/t/plugins/.libs/$p.so" "$work/plugins/" || exit 99
done
cat > "$work/fettle.yaml" <<END
plugin_dir: $work/plugins
state_dir: $work/state
socket: $work/state/control
plugins:
  cpu: {per_core: false}
  memory:
  disk: {mounts: [/]}
  dynamic:
  counter:
  options: {text: said}
  sinkfile: {path: $work/state/lists}
END
"$work/src/fettled" -C "$work/fettle.yaml" --once --send --format json \
    > "$work/values" 2> "$work/log"
status=$?
[ $status = 0 ] || sed 's/^/# /' "$work/log"
result $status "old plugins read and write under it"

for p in cpu memory disk dynamic counter; do
	grep -q "\"plugin\": \"$p\"" "$work/values" &&
	    grep -q "$p" "$work/state/lists" ||
	    { echo "# nothing of $p"; false; }
done
result $? "what they read arrives in an old writer"

"$work/t/growth_notify" "$work/plugins/notifier.so" "$work/state/notices" \
    > "$work/log" 2>&1 && printf '%s\n' id-1 "two alerts" "a text" \
    "web-1:cpu.percent failure 97 90" \
    "web-1:disk[/home].percent warning 85 80" "" |
    cmp - "$work/state/notices"
status=$?
[ $status = 0 ] || sed 's/^/# /' "$work/log"
result $status "a notice and its alerts arrive in an old notifier"
