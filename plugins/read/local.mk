# SPDX-License-Identifier: MIT
plugin_LTLIBRARIES += plugins/read/cpu.la
plugin_LTLIBRARIES += plugins/read/memory.la
EXTRA_DIST += plugins/read/scan.h
