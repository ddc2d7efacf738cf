// SPDX-License-Identifier: Apache-2.0
/**
 * What connects guests with components: {@link vmlab.crossvm.GuestKit} holds the guest's side. Nothing here knows a
 * language, fetches anything or runs a tool.
 */
package vmlab.crossvm;
