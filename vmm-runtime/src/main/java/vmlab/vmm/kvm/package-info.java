/**
 * The back end on Linux KVM, through JNA, and its one frequent call past it ({@code SystemCall}).
 *
 * <p>Read first: {@link vmlab.vmm.kvm.KvmHypervisor}, {@code KvmVcpu} (the run loop), {@code ExitHandler}. Must not be
 * added here: devices, boot protocols, anything of the Java CPU.
 */
package vmlab.vmm.kvm;
