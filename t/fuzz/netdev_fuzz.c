/* SPDX-License-Identifier: MIT */
/*
 * Any text as /proc/net/dev, twice and more often, and as what /sys says of
 * the interfaces in it, for the network plugin: whatever it says, shares are
 * shares.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/netdev_fuzz.c plugins/common/globs.c \
 *     plugins/common/netlink.c plugins/common/nlmsg.c \
 *     plugins/common/procfile.c plugins/common/roster.c \
 *     plugins/read/network/links.c plugins/read/network/network.c \
 *     -o netdev_fuzz
 * ./netdev_fuzz -max_total_time=60 FOLDER t/fixtures/network
 */
#include "one_file.h"
#include "one_file_values.h"

extern const struct fettle_plugin network_LTX_fettle_plugin;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return one_file_values(&network_LTX_fettle_plugin, data, size);
}
