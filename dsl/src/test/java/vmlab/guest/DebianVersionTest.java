// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("Debian Policy 5.6.12")
class DebianVersionTest {
    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource({
        "6.1.170-3, <, 6.1.176-1",
        "6.1.9-1, <, 6.1.10-1",
        "1:1.35.0-4, >, 2.0-1",
        "1.35.0-4, <, 1.35.0-4+deb12u1",
        "1.35.0-4+deb12u1, <, 1.35.0-4+deb12u1+b1",
        "1.0~rc1-1, <, 1.0-1",
        "1.0~~, <, 1.0~",
        "1.0a, <, 1.0+",
        "1.0, =, 1.00",
        "1.0-0, =, 1.0",
        "0:1.0, =, 1.0",
        "linux-image-6.1.0-9-686, <, linux-image-6.1.0-50-686",
    })
    void ordersAsDpkgDoes(String left, String relation, String right) {
        int expected = relation.equals("<") ? -1 : relation.equals(">") ? 1 : 0;
        assertEquals(expected, Integer.signum(new DebianVersion(left).compareTo(new DebianVersion(right))));
        assertEquals(-expected, Integer.signum(new DebianVersion(right).compareTo(new DebianVersion(left))));
    }
}
