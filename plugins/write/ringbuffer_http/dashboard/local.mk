# SPDX-License-Identifier: MIT
# The dashboard: plain modules, styles, and uPlot from the npm registry, put
# together in dashboard/www as they are installed, each with its .gz.  A tarball
# carries what is taken from uPlot, so only a clone needs npm.
dashboard = plugins/write/ringbuffer_http/dashboard
dashboard_modules = \
	$(dashboard)/alerts.js \
	$(dashboard)/api.js \
	$(dashboard)/axes.js \
	$(dashboard)/chart.js \
	$(dashboard)/data.js \
	$(dashboard)/dom.js \
	$(dashboard)/fleet.js \
	$(dashboard)/format.js \
	$(dashboard)/heat.js \
	$(dashboard)/host.js \
	$(dashboard)/keys.js \
	$(dashboard)/line.js \
	$(dashboard)/live.js \
	$(dashboard)/main.js \
	$(dashboard)/mark.js \
	$(dashboard)/notes.js \
	$(dashboard)/overview.js \
	$(dashboard)/palette.js \
	$(dashboard)/plan.js \
	$(dashboard)/plot.js \
	$(dashboard)/signin.js \
	$(dashboard)/silence.js \
	$(dashboard)/spark.js \
	$(dashboard)/stack.js \
	$(dashboard)/state.js \
	$(dashboard)/theme.js \
	$(dashboard)/told.js \
	$(dashboard)/trend.js
dashboard_npm = $(dashboard)/package.json $(dashboard)/package-lock.json
dashboard_taken = $(dashboard)/taken/uPlot.iife.min.js \
	$(dashboard)/taken/uPlot.min.css
# which goes with every copy of the two
dashboard_licence = $(dashboard)/taken/LICENSE.uPlot
dashboard_sheets = $(dashboard)/charts.css $(dashboard)/overview.css \
	$(dashboard)/style.css
dashboard_assets = $(dashboard_modules) $(dashboard_sheets) \
	$(dashboard)/icon.svg $(dashboard_taken)
EXTRA_DIST += $(dashboard_modules) $(dashboard)/index.html \
	$(dashboard_sheets) $(dashboard)/icon.svg $(dashboard_npm)

all-local: $(dashboard_stamp)
install-data-local: install-dashboard
uninstall-local: uninstall-dashboard
clean-local: clean-dashboard
distclean-local: distclean-dashboard
.PHONY: install-dashboard uninstall-dashboard clean-dashboard \
	distclean-dashboard

uninstall-dashboard:
	rm -rf '$(DESTDIR)$(pkgdatadir)/dashboard'
clean-dashboard:
	rm -rf $(dashboard)/www

if BUILD_dashboard
EXTRA_DIST += $(dashboard_taken) $(dashboard_licence)
doc_DATA = $(dashboard_licence)
dashboard_stamp = $(dashboard)/www/stamp

$(dashboard)/www/stamp: $(dashboard)/index.html $(dashboard_assets)
	$(AM_V_GEN)rm -rf $(dashboard)/www
	$(AM_V_at)$(MKDIR_P) $(dashboard)/www/assets
	$(AM_V_at)for f in $(dashboard_assets); do \
	    test -f $$f || f='$(srcdir)'/$$f; \
	    cat $$f >$(dashboard)/www/assets/$${f##*/} || exit 1; done
	$(AM_V_at)for f in $(dashboard_modules); do \
	    echo "<link rel=\"modulepreload\" href=\"assets/$${f##*/}\">"; \
	    done >$(dashboard)/www/modules
	$(AM_V_at)$(SED) -e '/@MODULES@/{' -e 'r $(dashboard)/www/modules' \
	    -e 'd' -e '}' '$(srcdir)/$(dashboard)/index.html' \
	    >$(dashboard)/www/index.html
	$(AM_V_at)rm $(dashboard)/www/modules
	$(AM_V_at)for f in $(dashboard)/www/index.html $(dashboard)/www/assets/*; \
	    do gzip -9 -n -c $$f >$$f.gz || exit 1; done
	$(AM_V_at)touch $@

install-dashboard: $(dashboard)/www/stamp
	$(MKDIR_P) '$(DESTDIR)$(pkgdatadir)/dashboard/assets'
	$(INSTALL_DATA) $(dashboard)/www/index.html* \
	    '$(DESTDIR)$(pkgdatadir)/dashboard'
	$(INSTALL_DATA) $(dashboard)/www/assets/* \
	    '$(DESTDIR)$(pkgdatadir)/dashboard/assets'
else
install-dashboard:
# A tarball without it would be half of one.
dist-hook:
	@echo 'make dist needs the dashboard: configure says what it misses' >&2
	@false
endif

if DASHBOARD_NPM
$(dashboard)/taken/uPlot.iife.min.js: $(dashboard_npm)
	$(AM_V_at)$(MKDIR_P) $(dashboard)/npm $(dashboard)/taken
	$(AM_V_at)for f in $(dashboard_npm); do \
	    cat '$(srcdir)'/$$f >$(dashboard)/npm/$${f##*/}; done
	$(AM_V_GEN)cd $(dashboard)/npm && { $(NPM) ci --omit=dev \
	    --ignore-scripts --no-audit --no-fund >log 2>&1 || \
	    { cat log; echo 'npm could not get uPlot: try again, or' \
		'configure with --disable-dashboard'; exit 1; } >&2; }
	$(AM_V_at)for f in $(dashboard_taken); do \
	    cat $(dashboard)/npm/node_modules/uplot/dist/$${f##*/} >$$f || \
	    exit 1; done
$(dashboard)/taken/uPlot.min.css: $(dashboard)/taken/uPlot.iife.min.js
	@test -f $@ && touch $@
$(dashboard_licence): $(dashboard)/taken/uPlot.iife.min.js
	$(AM_V_at)cat $(dashboard)/npm/node_modules/uplot/LICENSE >$@

distclean-dashboard:
	rm -rf $(dashboard)/npm $(dashboard)/taken
else
distclean-dashboard:
endif
