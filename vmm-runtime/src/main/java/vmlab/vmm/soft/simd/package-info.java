// SPDX-License-Identifier: Apache-2.0
/**
 * MMX, SSE and SSE2 of the x86 CPU in Java, in 32-bit mode.
 *
 * <p>Read first: {@link vmlab.vmm.soft.simd.SimdTable} (which instruction), {@link vmlab.vmm.soft.simd.Simd} (the state),
 * {@code FloatUnit} (floating point with its exceptions). Must not be added here: decoding, x87 arithmetic, the delivery of
 * faults; {@link vmlab.vmm.soft.simd.SimdContext} is all this package knows of the CPU.
 */
package vmlab.vmm.soft.simd;
