// SPDX-License-Identifier: Apache-2.0

/**
 * Reads {@code .camkes} files: the C preprocessor, the grammar, imports, and one composition out of all assemblies.
 *
 * @spec the CAmkES manual, "Architecture Description Language"; camkes-tool, camkes/parser
 */
package vmlab.camkes;
