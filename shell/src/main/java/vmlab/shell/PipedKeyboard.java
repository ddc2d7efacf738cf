// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.lab.LabVm;

/** Standard input as a guest's keyboard where it is no terminal. Its end ends nothing: the guest has its own mind. */
final class PipedKeyboard {
    private static final Logger LOG = LoggerFactory.getLogger(PipedKeyboard.class);

    private PipedKeyboard() {}

    /** Sends all there is to the guest; returns at the end of it. */
    static void type(InputStream in, LabVm vm) {
        byte[] buffer = new byte[4096];
        try {
            int count = in.read(buffer);
            while (count >= 0) {
                vm.console().send(Arrays.copyOf(buffer, count));
                count = in.read(buffer);
            }
        } catch (IOException e) {
            LOG.info("standard input is gone; the guest goes on without", e);
        }
    }
}
