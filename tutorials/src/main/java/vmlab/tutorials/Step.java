// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials;

import java.util.List;
import java.util.Objects;

/**
 * A step of a lesson.
 *
 * @param name as progress keeps it and the check calls it: the heading in small letters with hyphens
 * @param title the heading
 * @param text what the step is about and what to do, in Markdown
 * @param hints from a nudge to all but the solution, in Markdown
 */
public record Step(String name, String title, String text, List<String> hints) {
    public Step {
        Objects.requireNonNull(name);
        Objects.requireNonNull(title);
        Objects.requireNonNull(text);
        hints = List.copyOf(hints);
    }
}
