// SPDX-License-Identifier: Apache-2.0
package vmlab.shell.docs;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A document before it is rendered.
 *
 * @param group the heading it stands below in the site's list of pages
 * @param source its file in the checkout, or where its file would be; links in it begin there
 * @param target its file name in the site
 */
record Page(String group, Path source, String target, String markdown) {
    Page {
        Objects.requireNonNull(group);
        Objects.requireNonNull(source);
        Objects.requireNonNull(target);
        Objects.requireNonNull(markdown);
    }
}
