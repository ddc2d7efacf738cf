// SPDX-License-Identifier: Apache-2.0
/**
 * The command line and the console: what is typed comes in here, and nothing else of vmlab talks to a terminal.
 *
 * <p>Read first: {@link vmlab.shell.VmlabCommand}, {@link vmlab.shell.Prompt}, {@link vmlab.shell.Evaluation}. Must not
 * be added here: what a lab, a guest or a machine is; words of the Groovy language.
 */
package vmlab.shell;
