// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

/** Which CPU runs the guests. */
public enum Backend {
    /** The best one this host has; {@link LabVm#backendNote()} says which and why. */
    AUTO,
    /** Linux KVM; an error where there is none. */
    KVM,
    /** The CPU in Java. */
    SOFT
}
