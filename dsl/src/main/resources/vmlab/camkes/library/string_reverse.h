// SPDX-License-Identifier: Apache-2.0
#define STRING_REVERSE_BUFSIZE 8192
