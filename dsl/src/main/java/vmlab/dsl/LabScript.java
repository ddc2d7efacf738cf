// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import groovy.lang.Script;

/** The base class of script files and of what is typed at the prompt: the words a user can say. */
public abstract class LabScript extends Script {}
