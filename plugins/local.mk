# SPDX-License-Identifier: MIT
# A plugin that needs no library is one line.  What is not in the folder of its
# plugin is in plugins/common.
include plugins/read/local.mk
include plugins/write/local.mk
include plugins/notify/local.mk
include plugins/common/local.mk
