# SPDX-License-Identifier: MIT
plugin_LTLIBRARIES += plugins/read/cpu.la
EXTRA_DIST += plugins/read/scan.h
