// SPDX-License-Identifier: Apache-2.0
/**
 * The x86 CPU in Java.
 *
 * <p>Read first: {@link vmlab.vmm.soft.SoftHypervisor}, {@code Cpu} (the state), {@code Decoder}. Must not be added here:
 * devices, boot protocols, anything of KVM.
 */
package vmlab.vmm.soft;
