// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** How values of one type are written. */
interface Form {
    String schema();

    void write(Object value, DataOutputStream out) throws IOException;

    Object read(DataInputStream in) throws IOException;
}
