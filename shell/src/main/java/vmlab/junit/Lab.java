// SPDX-License-Identifier: Apache-2.0
package vmlab.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.spockframework.runtime.extension.ExtensionAnnotation;

/**
 * Gives a test a lab of its own: a field, or a parameter of a JUnit test, of the type {@link TestLab}. It is opened before the
 * test and closed behind it, and what its guests printed last is added to the test's failure.
 *
 * <p>Whichever of JUnit and Spock runs the test, the other needn't be there.
 */
@Target({ElementType.FIELD, ElementType.PARAMETER})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(JUnitLabs.class)
@ExtensionAnnotation(SpockLabs.class)
public @interface Lab {
    /** {@code auto}, {@code kvm} or {@code soft}. */
    String backend() default "auto";

    /** What {@code seed} and {@code random} of its scripts are. */
    long seed() default 0;
}
