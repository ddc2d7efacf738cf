// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a component's process writes, taken apart: text in lines, and requests, which are lines behind {@code MARK}.
 *
 * <p>Threads: one.
 */
final class ComponentOutput {
    private static final byte[] MARK = "\0\0vmlab:".getBytes(StandardCharsets.US_ASCII);

    /** Longer lines of text come in parts. */
    private static final int LONGEST = 8192;

    private final InputStream in;

    ComponentOutput(InputStream in) {
        this.in = new BufferedInputStream(in);
    }

    Said next() throws IOException {
        if (isAtMark()) {
            in.skipNBytes(MARK.length);
            return new Said(Said.Kind.REQUEST, line(Integer.MAX_VALUE).strip());
        }
        String text = line(LONGEST);
        return text.isEmpty() ? Said.END : new Said(Said.Kind.TEXT, text);
    }

    private boolean isAtMark() throws IOException {
        in.mark(MARK.length);
        int first = in.read();
        boolean is = first == MARK[0]
                && Arrays.equals(in.readNBytes(MARK.length - 1), Arrays.copyOfRange(MARK, 1, MARK.length));
        in.reset();
        return is;
    }

    /** Up to the end of the line, a mark, or the end of all. */
    private String line(int longest) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int last = 0;
        while (last != '\n' && bytes.size() < longest && (bytes.size() == 0 || !isAtMark())) {
            last = in.read();
            if (last < 0) {
                break;
            }
            bytes.write(last);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
