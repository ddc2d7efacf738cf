// SPDX-License-Identifier: Apache-2.0
/**
 * Builds guest images from learners' sources: programs, kernel modules, libraries, init scripts.
 *
 * <p>Read first: {@link vmlab.image.ImageBuilder}, {@link vmlab.image.ImageParts}, {@link vmlab.image.Workshop}. Must not
 * be added here: fetching (that is {@link vmlab.guest.ToolTree}'s), knowledge of a running VM, anything that prints.
 */
package vmlab.image;
