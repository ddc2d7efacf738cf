/**
 * Loads kernels into guest memory and says how the CPU starts.
 *
 * <p>Read first: {@link vmlab.vmm.boot.BootLoaders}, {@link vmlab.vmm.boot.BootImage}, {@link vmlab.vmm.boot.Vmlinux}.
 * Must not be added here: a firmware, disks, anything that runs while the guest does.
 */
package vmlab.vmm.boot;
