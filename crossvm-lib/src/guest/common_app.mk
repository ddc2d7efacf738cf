# SPDX-License-Identifier: Apache-2.0
#
# Included by the Makefiles of programs behind common.mk: where the libraries of lib_src are.

LDFLAGS += -L$(TOP_LEVEL)out/static_lib
