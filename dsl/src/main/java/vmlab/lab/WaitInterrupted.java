// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;

/** The waiting thread was interrupted (Ctrl-C); its interrupt status is set again. The VM is as it was. */
public final class WaitInterrupted extends WaitFailure {
    WaitInterrupted(String vm, String awaited, List<String> lastLines) {
        super(vm + ": interrupted while waiting for " + awaited, vm, awaited, lastLines);
    }
}
