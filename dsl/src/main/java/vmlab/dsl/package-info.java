// SPDX-License-Identifier: Apache-2.0
/**
 * The Groovy language of scripts and prompt: {@code lab { vm(0) { … } }} and what one says to live VMs.
 *
 * <p>Read first: {@link vmlab.dsl.LabScript}, {@link vmlab.dsl.ScriptRunner}, {@link vmlab.dsl.UserMistake}. Must not be
 * added here: terminals, exit codes, anything that works without Groovy.
 */
package vmlab.dsl;
