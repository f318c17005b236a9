# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What quickstart and check have in common.  Read with `.', not run.

say() {
	printf '%s\n' "${0##*/}: $*" >&2
}

die() {
	say "$@"
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
	    grep -qx installed
}

# The packages of the list that are missing; A/B is fulfilled by either, and by
# A where neither is there.
missing_packages() {
	for choice; do
		found=
		for package in $(echo "$choice" | tr / ' '); do
			if installed "$package"; then
				found=yes
			fi
		done
		if [ -z "$found" ]; then
			printf ' %s' "${choice%%/*}"
		fi
	done
}

# Installs those of the packages that are missing, and says which.
need_packages() {
	if ! command -v dpkg-query >/dev/null; then
		say "no Debian or Ubuntu: what the build needs must be there"
		return
	fi
	missing=$(missing_packages "$@")
	if [ -z "$missing" ]; then
		return
	fi
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		die "missing, and only root can install them:$missing"
	fi
	say "installing$missing"
	as_root apt-get -q update >&2 ||
	    say "the package lists are not up to date; trying all the same"
	# shellcheck disable=SC2086 # a list of words
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
	    -o DPkg::Lock::Timeout=300 --no-install-recommends \
	    install $missing >&2 </dev/null ||
	    die "could not install$missing"
}

# The services of such packages that start with the machine.
enabled_services() {
	for service in collectd nginx influxdb victoria-metrics; do
		if systemctl is-enabled -q "$service" 2>/dev/null; then
			echo "$service"
		fi
	done
}

# While packages are installed nothing that they bring may be started.
forbid_services() {
	policy=/usr/sbin/policy-rc.d
	policed=
	if [ -e "$policy" ]; then
		say "$policy is there: whether services start is up to it"
		return
	fi
	policed=yes
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
	as_root chmod 755 "$policy"
}

allow_services() {
	if [ -n "$policed" ]; then
		as_root rm -f "$policy"
		policed=
	fi
}

# The same as need_packages for servers: none is started, now or with the
# machine.
need_idle_packages() (
	if ! command -v dpkg-query >/dev/null ||
	    [ -z "$(missing_packages "$@")" ]; then
		need_packages "$@"
		exit
	fi
	policed=
	trap allow_services EXIT
	trap 'exit 1' HUP INT TERM
	before=$(enabled_services)
	forbid_services
	need_packages "$@"
	for service in $(enabled_services); do
		if ! echo "$before" | grep -qx "$service"; then
			as_root systemctl disable -q "$service"
		fi
	done
)

# The names of the source files below the current directory, each ended by a
# NUL; nothing that was built among them.
list_sources() {
	if [ -e .git ] && git ls-files >/dev/null 2>&1; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . \( -name .git -o -name .quickstart \) -prune \
		    -o -type f -print0
	fi
}

# Copies the sources to a directory, times kept, so that a build there sees
# what has changed and one in the tree itself is in nobody's way.
copy_sources() {
	if [ ! -e "$1/.git" ] && [ -e "$1/config.status" ]; then
		die "$1 has been built in: run \`make distclean' there first"
	fi
	mkdir -p "$2"
	(cd "$1" && list_sources |
	    tar --null --no-recursion --ignore-failed-read -T - -cf - \
		2>/dev/null) | tar -C "$2" -xf -
}

# Places that autotools cannot build in.
check_place() {
	case $1 in
	*[!A-Za-z0-9_./,:@%+=~-]*)
		die "the build tools cannot work in '$1':" \
		    "move it to a path without spaces and quotes"
		;;
	esac
}
