# SPDX-License-Identifier: MIT
# What is done to a daemon that has promised to lose nothing; contrib/torture
# does it at length.
TORTURE_TESTS = \
	t/36-spool-clock.py \
	t/36-spool-damage.py \
	t/36-spool-disk.py \
	t/36-spool-kill.py \
	t/36-spool-memory.py \
	t/36-spool-power.py \
	t/36-spool-sink.py \
	t/36-spool-tls.py
TESTS += $(TORTURE_TESTS)
EXTRA_DIST += $(TORTURE_TESTS) contrib/torture t/sink.py t/torture.py

# Of the tests, not of what is tested: without its sanitizers.
shims = t/preload/fast.so \
	t/preload/faults.so \
	t/preload/names.so \
	t/preload/nomem.so \
	t/preload/record.so \
	t/preload/step.so
check_DATA += $(shims)
CLEANFILES += $(shims)
EXTRA_DIST += $(shims:.so=.c)
shim_build = @$(MKDIR_P) t/preload && $(CC) -std=c11 -D_GNU_SOURCE -O2 -g \
	-Wall -Wextra -fPIC -shared -fvisibility=hidden -o $@
t/preload/fast.so: $(srcdir)/t/preload/fast.c
	$(shim_build) $(srcdir)/t/preload/fast.c -ldl
t/preload/faults.so: $(srcdir)/t/preload/faults.c
	$(shim_build) $(srcdir)/t/preload/faults.c -ldl
t/preload/names.so: $(srcdir)/t/preload/names.c
	$(shim_build) $(srcdir)/t/preload/names.c -ldl
t/preload/nomem.so: $(srcdir)/t/preload/nomem.c
	$(shim_build) $(srcdir)/t/preload/nomem.c -ldl
t/preload/record.so: $(srcdir)/t/preload/record.c
	$(shim_build) $(srcdir)/t/preload/record.c -ldl
t/preload/step.so: $(srcdir)/t/preload/step.c
	$(shim_build) $(srcdir)/t/preload/step.c
