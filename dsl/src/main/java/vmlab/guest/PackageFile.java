// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

/**
 * A package that was found, ready to be obtained.
 *
 * @param name the package's name
 * @param origin what tells it from any other: its address or file, and its version or time
 */
record PackageFile(String name, DebianVersion version, String origin, String location, Checksum checksum) {}
