/* SPDX-License-Identifier: Apache-2.0 */
/* dataport_read FILE [SIZE]: prints the string in a dataport. */
#include "open_dataport.h"

int main(int argc, char *argv[])
{
	size_t size;
	char *memory = open_dataport(argc, argv, &size);

	printf("%.*s\n", (int)size, memory);
	return EXIT_SUCCESS;
}
