// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.List;

/** The waiting thread was interrupted (Ctrl-C); its interrupt status is set again. */
public final class WaitInterrupted extends WaitFailure {
    WaitInterrupted(String message, String vm, String awaited, List<String> lastLines) {
        super(message, vm, awaited, lastLines);
    }
}
