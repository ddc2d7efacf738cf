// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.Objects;

/**
 * A file a script puts into a guest.
 *
 * @param path in the guest, without a leading slash
 * @param content a {@link String} (kept as UTF-8), {@code byte[]} or {@link java.nio.file.Path} on the host
 */
public record GuestFile(String path, Object content, SourceLocation location) {
    public GuestFile {
        Objects.requireNonNull(path);
        Objects.requireNonNull(content);
        Objects.requireNonNull(location);
    }
}
