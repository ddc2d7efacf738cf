// SPDX-License-Identifier: Apache-2.0
/**
 * The documents in other forms: {@link vmlab.shell.docs.Site} is the checkout's Markdown as a site, {@link
 * vmlab.shell.docs.CommandReference} and {@link vmlab.shell.docs.ManPage} are the command line as picocli knows it. What a
 * document says is written in Markdown or in the commands' own descriptions, never here.
 */
package vmlab.shell.docs;
