// SPDX-License-Identifier: Apache-2.0
/**
 * What is written of a suite's results: JUnit's XML, TAP, a page, and a folder for each failure.
 *
 * <p>Each report is a function of results; running scenarios is {@code vmlab.scenario}'s.
 */
package vmlab.shell.report;
