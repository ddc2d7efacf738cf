/* SPDX-License-Identifier: Apache-2.0 */
/* dataport_write FILE [SIZE]: puts what comes on standard input into a dataport, as a string. */
#include <unistd.h>

#include "open_dataport.h"

int main(int argc, char *argv[])
{
	size_t size, length = 0;
	char *memory = open_dataport(argc, argv, &size);
	ssize_t got;

	while (length < size - 1 && (got = read(STDIN_FILENO, memory + length, size - 1 - length)) > 0)
		length += got;
	memory[length] = '\0';
	return EXIT_SUCCESS;
}
