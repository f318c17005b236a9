# SPDX-License-Identifier: MIT
# The configuration belongs to whoever runs the machine: what is there stays.
# The one that ships is always beside the examples, to compare with.
confdir = $(sysconfdir)/fettle
EXTRA_DIST += etc/fettle.yaml
exampledir = $(docdir)/examples
example_DATA = etc/fettle.yaml

install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(confdir)/fettle.d'
	test -e '$(DESTDIR)$(confdir)/fettle.yaml' || \
	    $(INSTALL_DATA) '$(srcdir)/etc/fettle.yaml' \
		'$(DESTDIR)$(confdir)/fettle.yaml'

uninstall-local:
	if cmp -s '$(srcdir)/etc/fettle.yaml' \
	    '$(DESTDIR)$(confdir)/fettle.yaml'; then \
		rm -f '$(DESTDIR)$(confdir)/fettle.yaml'; \
	fi
	-rmdir '$(DESTDIR)$(confdir)/fettle.d' '$(DESTDIR)$(confdir)' \
	    2>/dev/null
