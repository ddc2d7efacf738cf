// SPDX-License-Identifier: Apache-2.0
/**
 * The live lab: machines that run, their consoles, and waits in guest or host time.
 *
 * <p>Read first: {@link vmlab.lab.Lab}, {@link vmlab.lab.LabVm}, {@link vmlab.lab.Console}. Must not be added here:
 * Groovy, terminals, a particular CPU or device (they come through {@link vmlab.lab.MachineFactory}).
 */
package vmlab.lab;
