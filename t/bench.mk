# SPDX-License-Identifier: MIT
# make bench: what fettle takes beside its peers; contrib/bench installs them.
# ROWS="tick reads" measures only those; TAPE=FILE is played by the row `past';
# SHORT=1 only shows that they work.
bench_programs = t/bench/bare t/bench/dispatch t/bench/pack \
	t/bench/reads t/bench/store
if BUILD_influxdb
bench_programs += t/bench/line
endif
if BUILD_ringbuffer_http
bench_programs += t/bench/past
endif
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
EXTRA_DIST += \
	contrib/bench \
	t/bench/RESULTS \
	t/bench/backlog.py \
	t/bench/batches.lua \
	t/bench/batches.py \
	t/bench/bench.py \
	t/bench/collectd_load.c \
	t/bench/collectd_packets.py \
	t/bench/day.py \
	t/bench/dispatch.py \
	t/bench/fastapi_hub.py \
	t/bench/fastapi_stream.py \
	t/bench/fleet.py \
	t/bench/get.lua \
	t/bench/history.py \
	t/bench/influxdb.py \
	t/bench/ingest.py \
	t/bench/lines.lua \
	t/bench/memory.py \
	t/bench/pack.py \
	t/bench/past.py \
	t/bench/peers.py \
	t/bench/query.py \
	t/bench/reads.py \
	t/bench/reads_host.py \
	t/bench/reads_io.py \
	t/bench/record.py \
	t/bench/report.lua \
	t/bench/run.py \
	t/bench/snapshots.lua \
	t/bench/start.py \
	t/bench/statsd.py \
	t/bench/store.py \
	t/bench/stream.py \
	t/bench/tape.xz \
	t/bench/tick.py \
	t/bench/units.py

t_bench_bare_SOURCES = t/bench/bare.c
t_bench_bare_CFLAGS = $(AM_CFLAGS)
t_bench_bare_LDFLAGS = $(FETTLE_LDFLAGS)

t_bench_dispatch_SOURCES = t/bench/dispatch.c
t_bench_dispatch_CPPFLAGS = $(daemon_cppflags)
t_bench_dispatch_CFLAGS = $(daemon_cflags)
t_bench_dispatch_LDFLAGS = $(FETTLE_LDFLAGS) $(PROGRAM_LDFLAGS)
t_bench_dispatch_LDADD = src/libcore.la

t_bench_line_SOURCES = t/bench/line.c
t_bench_line_CPPFLAGS = $(plugin_cppflags)
t_bench_line_CFLAGS = $(AM_CFLAGS)
t_bench_line_LDFLAGS = $(FETTLE_LDFLAGS)
t_bench_line_LDADD = plugins/libcommon_gzip.la plugins/libcommon.la

t_bench_pack_SOURCES = t/bench/pack.c
t_bench_pack_CPPFLAGS = $(daemon_cppflags)
t_bench_pack_CFLAGS = $(daemon_cflags)
t_bench_pack_LDFLAGS = $(FETTLE_LDFLAGS) $(PROGRAM_LDFLAGS)
t_bench_pack_LDADD = src/libcore.la

t_bench_past_SOURCES = t/bench/past.c
t_bench_past_CPPFLAGS = $(plugin_cppflags) -I$(top_srcdir)/plugins
t_bench_past_CFLAGS = $(hub_cflags)
t_bench_past_LDFLAGS = $(FETTLE_LDFLAGS)
t_bench_past_LDADD = plugins/write/libringbuffer_http.la $(hub_libs)

# The plugins are loaded as they always are.
t_bench_reads_SOURCES = t/bench/reads.c $(daemon_sources)
t_bench_reads_CPPFLAGS = $(daemon_cppflags)
t_bench_reads_CFLAGS = $(daemon_cflags)
t_bench_reads_LDFLAGS = $(src_fettled_LDFLAGS)
t_bench_reads_LDADD = $(src_fettled_LDADD)

t_bench_store_SOURCES = t/bench/store.c
t_bench_store_CPPFLAGS = $(daemon_cppflags)
t_bench_store_CFLAGS = $(daemon_cflags)
t_bench_store_LDFLAGS = $(FETTLE_LDFLAGS) $(PROGRAM_LDFLAGS)
t_bench_store_LDADD = src/libcore.la

bench-programs: $(bench_programs)
.PHONY: bench-programs

bench: all $(bench_programs) t/fleet t/stage/stamp
	@srcdir='$(abs_top_srcdir)' builddir='$(abs_top_builddir)' \
	    CC='$(CC)' BENCH_SHORT='$(SHORT)' \
	    BENCH_TAPE='$(TAPE)' \
	    BENCH_COMPILER="$$($(CC) --version | head -n 1), $(CFLAGS)" \
	    $(PYTHON3) -B $(srcdir)/t/bench/run.py $(ROWS)
.PHONY: bench
