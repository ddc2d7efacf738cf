// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.util.HexFormat;

/** What tells contents apart, for keys of caches. */
public final class Digests {
    private Digests() {}

    /** The SHA-256 in lower-case hexadecimal. */
    public static String sha256(byte[] content) {
        return HexFormat.of().formatHex(Checksum.digest().digest(content));
    }
}
