// SPDX-License-Identifier: Apache-2.0
/**
 * The x87 floating-point unit of a Pentium III, exact to the bit in its 80-bit format.
 *
 * <p>Read first: {@link vmlab.vmm.soft.x87.X87} (stack and instructions), {@code Float80Result} (rounding),
 * {@code Arithmetic}. Must not be added here: decoding of prefixes and addresses, CR0 checks, SSE.
 */
package vmlab.vmm.soft.x87;
