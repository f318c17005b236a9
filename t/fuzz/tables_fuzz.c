/* SPDX-License-Identifier: MIT */
/*
 * Any text as each of the files below /proc/net that the sockets plugin reads.
 * By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/tables_fuzz.c \
 *     plugins/common/netlink.c plugins/common/nlmsg.c \
 *     plugins/common/procfile.c plugins/read/sockets/fields.c \
 *     plugins/read/sockets/sockets.c plugins/read/sockets/states.c \
 *     plugins/read/sockets/tables.c -o tables_fuzz
 * ./tables_fuzz -max_total_time=60 FOLDER t/fixtures/sockets
 */
#include "one_file.h"
#include "one_file_values.h"

extern const struct fettle_plugin sockets_LTX_fettle_plugin;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return one_file_values(&sockets_LTX_fettle_plugin, data, size);
}
