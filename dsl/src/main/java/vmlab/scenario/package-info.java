// SPDX-License-Identifier: Apache-2.0
/**
 * Scripts as tests: each runs in a lab of its own, and what came of it is a value that reports are made of.
 *
 * <p>Read first: {@link vmlab.scenario.ScenarioRun} (one), {@link vmlab.scenario.Suite} (many), {@link
 * vmlab.scenario.ScenarioResult}. What prints or writes reports isn't here.
 */
package vmlab.scenario;
