// SPDX-License-Identifier: Apache-2.0
/**
 * Components in C: a component's sources are compiled against a {@code camkes.h} made of its interfaces, and run as a
 * process of their own that shares nothing with this one but its dataports.
 *
 * <p>Read first: {@link vmlab.ccomponent.CBehaviour}, {@link vmlab.ccomponent.CCompiler}, and {@code component.c} among the
 * resources, which is the other end of {@link vmlab.ccomponent.ComponentProcess}. Must not be added here: knowledge of labs
 * and guests, anything that prints.
 */
package vmlab.ccomponent;
