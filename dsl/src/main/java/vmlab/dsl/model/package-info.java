// SPDX-License-Identifier: Apache-2.0
/**
 * An assembly as values: what the user wrote, where, and what is wrong with it.
 *
 * <p>Read first: {@link vmlab.dsl.model.Assembly}, {@link vmlab.dsl.model.VmSpec},
 * {@link vmlab.dsl.model.AssemblyChecker}. Must not be added here: Groovy, live machines, the content
 * of files.
 */
package vmlab.dsl.model;
