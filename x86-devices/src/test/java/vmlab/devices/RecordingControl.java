// SPDX-License-Identifier: Apache-2.0
package vmlab.devices;

import java.util.ArrayList;
import java.util.List;
import vmlab.vmm.MachineControl;

/** Remembers what a guest asked its machine for: {@code reset} or {@code exit 3}. */
public final class RecordingControl implements MachineControl {
    private final List<String> requests = new ArrayList<>();

    @Override
    public void reset(String reason) {
        requests.add("reset");
    }

    @Override
    public void exit(int status, String reason) {
        requests.add("exit " + status);
    }

    @Override
    public void kill(String reason) {
        requests.add("kill");
    }

    public List<String> requests() {
        return requests;
    }
}
