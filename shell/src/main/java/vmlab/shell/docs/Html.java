// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

/** Text in HTML. */
final class Html {
    private Html() {}

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
