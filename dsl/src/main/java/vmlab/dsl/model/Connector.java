// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import static vmlab.dsl.model.Connector.Kind.DATAPORT;
import static vmlab.dsl.model.Connector.Kind.EVENT;
import static vmlab.dsl.model.Connector.Kind.PROCEDURE;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A type of connection: what it connects, and whether a side takes several ends.
 *
 * @param typed whether both ends must have one type
 * @spec camkes-tool and global-components, {@code connector} declarations
 */
public record Connector(String name, Kind kind, boolean manyFrom, boolean manyTo, boolean typed) {
    /** What is connected. */
    public enum Kind {
        DATAPORT(Interface.Kind.DATAPORT, Interface.Kind.DATAPORT),
        EVENT(Interface.Kind.EMITS, Interface.Kind.CONSUMES),
        PROCEDURE(Interface.Kind.USES, Interface.Kind.PROVIDES);

        private final Interface.Kind from;
        private final Interface.Kind to;

        Kind(Interface.Kind from, Interface.Kind to) {
            this.from = from;
            this.to = to;
        }

        public Interface.Kind from() {
            return from;
        }

        public Interface.Kind to() {
            return to;
        }
    }

    /** Those that carry something here; connections by others are accepted, and stand for the machine's own parts. */
    public static final String NOTIFICATION = "seL4Notification";

    public static final String SHARED_DATA = "seL4SharedData";
    public static final String SHARED_DATA_WITH_CAPS = "seL4SharedDataWithCaps";
    public static final String RPC_CALL = "seL4RPCCall";
    public static final String GLOBAL_ASYNCH = "seL4GlobalAsynch";

    private static final Map<String, Connector> KNOWN = new TreeMap<>();

    private static void add(Kind kind, boolean manyFrom, boolean manyTo, boolean typed, String... names) {
        for (String name : names) {
            KNOWN.put(name, new Connector(name, kind, manyFrom, manyTo, typed));
        }
    }

    static {
        add(EVENT, false, true, true, NOTIFICATION);
        add(EVENT, true, true, true, "seL4NotificationBind", "seL4NotificationNative", "seL4NotificationQueue");
        // A VM's interrupt line is an event under another name: the ends needn't have one type.
        add(EVENT, false, true, false, GLOBAL_ASYNCH, "seL4GlobalAsynchCallback", "seL4GlobalAsynchHardwareInterrupt");
        add(DATAPORT, true, true, true, SHARED_DATA, "seL4DMASharedData", "seL4MultiSharedData");
        add(DATAPORT, true, true, true, SHARED_DATA_WITH_CAPS);
        add(PROCEDURE, true, false, true, RPC_CALL, "seL4RPC", "seL4RPCSimple", "seL4RPCNoThreads");
        add(PROCEDURE, true, false, true, "seL4RPCDataport", "seL4RPCDataportSignal", "seL4RPCDataportNoThreads");
        add(PROCEDURE, true, false, true, "seL4RPCCallSignal", "seL4RPCCallSignalNoThreads");
        add(PROCEDURE, true, false, true, "seL4TimeServer", "seL4SerialServer", "seL4Ethdriver");
        add(PROCEDURE, false, false, true, "seL4DirectCall");
        // Drivers and devices of one virtual queue have types of their own, and meet at a stub.
        add(PROCEDURE, true, false, false, "seL4VirtQueues");
        add(PROCEDURE, true, true, false, "seL4UDPSend", "seL4UDPRecv", "seL4Sataserver");
        add(DATAPORT, true, true, false, "seL4VMDTBPassthrough", "seL4HardwareMMIO", "seL4DTBHardware");
        add(EVENT, true, true, false, "seL4HardwareInterrupt", "seL4IOAPICHardwareInterrupt");
        add(PROCEDURE, true, true, false, "seL4HardwareIOPort");
        // The hardware of VMs in older applications.
        add(PROCEDURE, true, true, false, "seL4ExtraRAM", "seL4ExcludeGuestPAddr", "seL4InitConnection");
        add(PROCEDURE, true, true, false, "seL4VMIOPorts", "seL4GuestMaps", "seL4VMIRQs", "seL4VMPCIDevices");
    }

    /** The connector of that name, if it is known. */
    public static Optional<Connector> of(String name) {
        return Optional.ofNullable(KNOWN.get(name));
    }

    /** All names, for suggestions. */
    public static List<String> names() {
        return List.copyOf(KNOWN.keySet());
    }
}
