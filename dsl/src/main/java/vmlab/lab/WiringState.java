// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a lab's interfaces hold.
 *
 * @param dataports their content, by path
 * @param pending the paths of the events that were emitted and not taken
 */
record WiringState(Map<String, byte[]> dataports, List<String> pending) {
    static WiringState of(Collection<LabDataport> dataports, Collection<LabEvent> events) {
        Map<String, byte[]> contents = new TreeMap<>();
        for (LabDataport each : dataports) {
            int size = Math.toIntExact(each.dataport().sizeBytes());
            contents.put(each.path(), each.dataport().memory().read(0, size));
        }
        List<String> waiting = events.stream()
                .filter(event -> event.channel().isPending())
                .map(LabEvent::path)
                .sorted()
                .toList();
        return new WiringState(contents, waiting);
    }

    /** Has the interfaces hold that again; those that weren't there stay as they are. */
    void restore(Collection<LabDataport> into, Collection<LabEvent> events) {
        for (LabDataport each : into) {
            byte[] content = dataports.get(each.path());
            if (content != null && content.length == each.dataport().sizeBytes()) {
                each.dataport().memory().write(0, content);
            }
        }
        events.forEach(event -> event.channel().pending(pending.contains(event.path())));
    }
}
