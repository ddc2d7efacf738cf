// SPDX-License-Identifier: Apache-2.0
package vmlab.junit

import spock.lang.Specification

/** A lab in a field of a specification, for each iteration its own. */
class SpockLabsSpec extends Specification {
    private static final Set<vmlab.lab.Lab> SEEN = [] as Set

    @Lab(seed = 3L)
    TestLab lab

    def "iteration #i has a lab of its own, and the seed"() {
        expect:
        lab.run('seed') == 3
        SEEN.add(lab.lab())

        where:
        i << [1, 2]
    }
}
