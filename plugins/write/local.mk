# SPDX-License-Identifier: MIT
include plugins/write/ringbuffer_http/local.mk
include plugins/write/ringbuffer_http/dashboard/local.mk
include plugins/write/http_ingest.mk
include plugins/write/influxdb.mk
