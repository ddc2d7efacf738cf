// SPDX-License-Identifier: Apache-2.0
/**
 * Labs in tests of other projects, with JUnit and with Spock: {@link vmlab.junit.Lab} on a field or a parameter of the type
 * {@link vmlab.junit.TestLab}. One dependency, {@code vmlab:shell}, is enough.
 */
package vmlab.junit;
