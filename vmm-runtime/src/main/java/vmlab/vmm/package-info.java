// SPDX-License-Identifier: Apache-2.0
/**
 * The machine's contracts: what a CPU, a bus, a device and a clock are to each other.
 *
 * <p>Read first: {@link vmlab.vmm.Machine}, {@link vmlab.vmm.Hypervisor}, {@link vmlab.vmm.IoBus}. Must not be added
 * here: a particular device, a particular CPU, anything that prints.
 */
package vmlab.vmm;
