dnl SPDX-License-Identifier: MIT

dnl FT_CFLAGS(VARIABLE, FLAGS): append each flag that the compiler takes.
AC_DEFUN([FT_CFLAGS], [
for ft_flag in m4_normalize([$2]); do
	AS_VAR_PUSHDEF([ft_cache], [ft_cv_cflag_$ft_flag])
	AC_CACHE_CHECK([whether $CC takes $ft_flag], [ft_cache], [
		ft_saved=$CFLAGS
		CFLAGS="$CFLAGS -Werror -Wall $ft_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
		    [AS_VAR_SET([ft_cache], [yes])],
		    [AS_VAR_SET([ft_cache], [no])])
		CFLAGS=$ft_saved
	])
	AS_VAR_IF([ft_cache], [yes], [AS_VAR_APPEND([$1], [" $ft_flag"])])
	AS_VAR_POPDEF([ft_cache])
done
])

dnl FT_LDFLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([FT_LDFLAGS], [
for ft_flag in m4_normalize([$2]); do
	AS_VAR_PUSHDEF([ft_cache], [ft_cv_ldflag_$ft_flag])
	AC_CACHE_CHECK([whether the linker takes $ft_flag], [ft_cache], [
		ft_saved=$LDFLAGS
		LDFLAGS="$LDFLAGS -Werror -Wall $ft_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
		    [AS_VAR_SET([ft_cache], [yes])],
		    [AS_VAR_SET([ft_cache], [no])])
		LDFLAGS=$ft_saved
	])
	AS_VAR_IF([ft_cache], [yes], [AS_VAR_APPEND([$1], [" $ft_flag"])])
	AS_VAR_POPDEF([ft_cache])
done
])

dnl FT_FORTIFY(VARIABLE): the highest _FORTIFY_SOURCE, where optimisation is on.
AC_DEFUN([FT_FORTIFY], [
AC_CACHE_CHECK([for the level of _FORTIFY_SOURCE], [ft_cv_fortify], [
	ft_cv_fortify=none
	ft_saved=$CFLAGS
	for ft_level in 3 2; do
		CFLAGS="$ft_saved -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$ft_level"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]])],
		    [ft_cv_fortify=$ft_level; break])
	done
	CFLAGS=$ft_saved
])
AS_IF([test "x$ft_cv_fortify" != xnone],
    [AS_VAR_APPEND([$1], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$ft_cv_fortify"])])
])

dnl FT_LIBRARY(NAME, MODULE): have_NAME, NAME_CFLAGS, NAME_LIBS; never fails.
AC_DEFUN([FT_LIBRARY], [PKG_CHECK_MODULES([$1], [$2], [have_$1=yes], [have_$1=no])
FT_MODULE_$1='$2'])

dnl FT_FEATURE(NAME, SUMMARY, LIBRARIES): --disable-NAME; BUILD_NAME is true if
dnl all its libraries are there, and demanding it without them is an error.
AC_DEFUN([FT_FEATURE], [
AC_ARG_ENABLE([$1], [AS_HELP_STRING([--disable-$1], [leave out $2])],
    [], [enable_$1=auto])
ft_missing=
for ft_lib in m4_normalize([$3]); do
	AS_VAR_COPY([ft_have], [have_$ft_lib])
	AS_IF([test "x$ft_lib" = xJANSSON], [ft_have=yes])
	AS_VAR_COPY([ft_module], [FT_MODULE_$ft_lib])
	AS_IF([test "x$ft_have" != xyes], [ft_missing="$ft_missing $ft_module"])
done
AS_IF([test "x$enable_$1" = xno], [ft_use_$1='no (disabled)'],
    [test -z "$ft_missing"], [ft_use_$1=yes],
    [test "x$enable_$1" = xyes], [AC_MSG_ERROR([$1 needs$ft_missing])],
    [ft_use_$1="no (needs$ft_missing)"])
AM_CONDITIONAL([BUILD_$1], [test "x$ft_use_$1" = xyes])
])

dnl FT_PLUGIN(NAME, SUMMARY, LIBRARIES): the feature of a plugin.
AC_DEFUN([FT_PLUGIN], [FT_FEATURE([$1], [the plugin $1: $2], [$3])
m4_append([FT_PLUGINS], [$1], [,])
])

dnl FT_PLUGIN_SUMMARY: a line for each.
AC_DEFUN([FT_PLUGIN_SUMMARY],
[m4_foreach([ft_p], [FT_PLUGINS], [AS_ECHO(["`printf '    %-17s ' ft_p`$ft_use_[]ft_p"])
])])

dnl FT_DASHBOARD: --disable-dashboard; BUILD_dashboard, and DASHBOARD_NPM if what
dnl it takes from npm is not there already, as it is in a tarball; also in one
dnl that packagers keep in git, where there is no npm.
AC_DEFUN([FT_DASHBOARD], [
AC_ARG_ENABLE([dashboard], [AS_HELP_STRING([--disable-dashboard],
    [leave out the dashboard of ringbuffer_http, which a clone needs npm for])],
    [], [enable_dashboard=auto])
AC_CHECK_PROGS([NPM], [npm])
ft_taken=$srcdir/plugins/write/ringbuffer_http/dashboard/taken/uPlot.iife.min.js
ft_npm=no
AS_IF([test "x$enable_dashboard" = xno], [ft_use_dashboard='no (disabled)'],
    [test "x$ft_use_ringbuffer_http" != xyes],
    [ft_use_dashboard='no (it belongs to ringbuffer_http)'],
    [test -f "$ft_taken" && { test ! -e "$srcdir/.git" || test -z "$NPM"; }],
    [ft_use_dashboard=yes],
    [test -n "$NPM"], [ft_use_dashboard=yes ft_npm=yes],
    [test "x$enable_dashboard" = xyes], [AC_MSG_ERROR([in a clone the dashboard needs npm, which is missing: install it (Debian: apt-get install npm), or build from a tarball of a release])],
    [ft_use_dashboard='no (needs npm)'
    AC_MSG_WARN([no dashboard: in a clone it needs npm, which is missing.  Install it (Debian: apt-get install npm) and configure again, build from a tarball of a release, or say --disable-dashboard])])
AM_CONDITIONAL([BUILD_dashboard], [test "x$ft_use_dashboard" = xyes])
AM_CONDITIONAL([DASHBOARD_NPM], [test "x$ft_npm" = xyes])
])
