# SPDX-License-Identifier: MIT
# The dashboard in a browser; what drives it comes from npm, by the test, which
# leaves pictures in t/artefacts.
TESTS += t/50-dashboard.py
EXTRA_DIST += t/50-dashboard.py t/browser.py t/dashboard/drive.mjs \
	t/dashboard/page.mjs t/dashboard/scenarios.mjs
clean-local: clean-dashboard-test
clean-dashboard-test:
	rm -rf t/dashboard/node_modules t/dashboard/package*.json t/artefacts
	test '$(srcdir)' = . || rm -rf t/dashboard
.PHONY: clean-dashboard-test
