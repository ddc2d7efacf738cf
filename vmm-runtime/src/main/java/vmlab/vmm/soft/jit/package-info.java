// SPDX-License-Identifier: Apache-2.0
/**
 * Writes JVM classes from guest code: one method for each region of blocks, with the guest's registers and flags in local
 * variables.
 *
 * <p>Read first: {@link vmlab.vmm.soft.jit.RegionWriter}, then {@code RegionBody}, {@code Code} (the local variables) and {@code Translator} (the
 * instructions). Must not be added here: which code is compiled and when, which is the CPU's business; types of the CPU,
 * whose methods generated code calls by name ({@code Names}).
 */
package vmlab.vmm.soft.jit;
