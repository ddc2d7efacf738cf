// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import org.slf4j.LoggerFactory;

/** Who wrote what a lab calls back: where the author's code stands, and where the author is told something. Any thread. */
public interface Author {
    /** The place of the author's code that is calling now, as {@code lab.groovy:3}; empty if nobody knows. */
    String place();

    /** Tells a line. */
    void told(String line);

    /**
     * Tells that the author's code has thrown.
     *
     * @param what that it has, in a sentence: {@code component print_server failed}
     */
    void failed(String what, Throwable thrown);

    /** Of Java programs: what there is to tell goes into the log. */
    static Author unknown() {
        return new Author() {
            @Override
            public String place() {
                return "";
            }

            @Override
            public void told(String line) {
                LoggerFactory.getLogger(Author.class).info("{}", line);
            }

            @Override
            public void failed(String what, Throwable thrown) {
                LoggerFactory.getLogger(Author.class).error("{}", what, thrown);
            }
        };
    }
}
