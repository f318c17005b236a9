# SPDX-License-Identifier: MIT
EXTRA_DIST += t/harness.py
