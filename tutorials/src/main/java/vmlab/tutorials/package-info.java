// SPDX-License-Identifier: Apache-2.0
/**
 * Lessons: folders a teacher writes without Java, and what checks a learner's work with what the VMM saw.
 *
 * <p>Read first: {@link vmlab.tutorials.Lesson} (what a folder holds), {@link vmlab.tutorials.StepCheck} (how a step is
 * checked), {@link vmlab.tutorials.Course} (a learner's way through a lesson). Nothing here prints.
 */
package vmlab.tutorials;
