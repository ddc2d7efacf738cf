// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

/**
 * An exception of the guest's CPU on its way from the instruction to the run loop. Each CPU has one instance, without a
 * stack trace: raising one costs no allocation.
 */
final class CpuFault extends RuntimeException {
    /** Vectors, Intel SDM 3A table 6-1. */
    static final int DE = 0;

    static final int DB = 1;
    static final int BP = 3;
    static final int OF = 4;
    static final int BR = 5;
    static final int UD = 6;
    static final int NM = 7;
    static final int DF = 8;
    static final int TS = 10;
    static final int NP = 11;
    static final int SS = 12;
    static final int GP = 13;
    static final int PF = 14;
    static final int MF = 16;
    static final int AC = 17;
    static final int XM = 19;

    int vector;
    int errorCode;

    /** {@link Cpu#eip} is already the address to be saved: a task switch was done before. */
    boolean settled;

    CpuFault() {
        super(null, null, false, false);
    }

    CpuFault with(int newVector, int newErrorCode) {
        vector = newVector;
        errorCode = newErrorCode;
        settled = false;
        return this;
    }

    /** Whether the vector pushes an error code (Intel SDM 3A, table 6-1). */
    static boolean hasErrorCode(int vector) {
        return vector == DF || vector >= TS && vector <= PF || vector == AC;
    }

    /** Whether a second fault of this class makes a double fault (Intel SDM 3A, table 6-4). */
    static boolean isContributory(int vector) {
        return vector == DE || vector >= TS && vector <= GP;
    }
}
