# SPDX-License-Identifier: Apache-2.0
#
# Included by the Makefiles of libraries behind common.mk: TARGET is the archive, OBJS what is in it.

$(TARGET): $(OBJS)
	rm -f $@
	$(AR) crsD $@ $^

.PHONY: install
install: $(TARGET)
	cp $(TARGET) $(OUTPUT_DIR)
