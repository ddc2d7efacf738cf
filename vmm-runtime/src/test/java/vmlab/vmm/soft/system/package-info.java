/**
 * Programs of a few instructions that prove the system half of the Java CPU through its public seam. Read first:
 * {@link vmlab.vmm.soft.system.Rig}, {@link vmlab.vmm.soft.system.Asm}. Nothing here looks inside the CPU.
 */
package vmlab.vmm.soft.system;
