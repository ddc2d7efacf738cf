// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads stanzas ("Name: value" fields, continued by lines that begin with a blank, ended by an empty line) one by one, so
 * that an index of 50 MB needs the memory of one stanza. Field names are lower case here. Lines beginning with '#' are
 * comments everywhere, also between the lines of one value.
 *
 * @spec Debian Policy 4.6, section 5.1: syntax of control files
 */
final class ControlFile {
    private final BufferedReader lines;

    ControlFile(BufferedReader lines) {
        this.lines = lines;
    }

    /** The next stanza; empty at the end. */
    Optional<Map<String, String>> next() throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        String name = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("#")) {
                continue;
            }
            if (line.isBlank()) {
                if (!fields.isEmpty()) {
                    return Optional.of(fields);
                }
            } else if (Character.isWhitespace(line.charAt(0))) {
                continueValue(fields, name, line);
            } else {
                name = beginField(fields, line);
            }
        }
        return fields.isEmpty() ? Optional.empty() : Optional.of(fields);
    }

    private static String beginField(Map<String, String> fields, String line) throws IOException {
        int colon = line.indexOf(':');
        if (colon <= 0) {
            throw new ArchiveFailure("no field: " + line);
        }
        String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
        fields.put(name, line.substring(colon + 1).strip());
        return name;
    }

    private static void continueValue(Map<String, String> fields, String name, String line) throws IOException {
        if (name == null) {
            throw new ArchiveFailure("continues no field: " + line);
        }
        fields.merge(name, line.strip(), (before, more) -> before + "\n" + more);
    }
}
