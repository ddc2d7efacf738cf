# SPDX-License-Identifier: Apache-2.0
#
# Included first by the Makefiles of programs and libraries: how C becomes 32-bit objects.

TOP_LEVEL := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

CC = gcc
AR = ar
CFLAGS += -g -O2 -Wall -m32 -I$(TOP_LEVEL)include $(addprefix -I,$(wildcard $(TOP_LEVEL)lib_src/*))
LDFLAGS += -static -static-libgcc

.PHONY: all clean
all: $(TARGET)

clean:
	rm -f *.o *.d $(TARGET)

# The compiler says which headers an object was made of, so that a changed one makes it again.
%.o: %.c
	$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

-include $(wildcard *.d)
