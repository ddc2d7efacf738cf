// SPDX-License-Identifier: Apache-2.0
package vmlab.junit;

import org.spockframework.runtime.extension.IAnnotationDrivenExtension;
import org.spockframework.runtime.extension.IMethodInvocation;
import org.spockframework.runtime.model.FieldInfo;
import org.spockframework.runtime.model.SpecInfo;

/** Labs for Spock's features: one for each field and iteration. */
public final class SpockLabs implements IAnnotationDrivenExtension<Lab> {
    @Override
    public void visitFieldAnnotation(Lab wanted, FieldInfo field) {
        SpecInfo spec = field.getParent();
        spec.addSetupInterceptor(invocation -> {
            field.writeValue(invocation.getInstance(), TestLab.open(wanted));
            invocation.proceed();
        });
        spec.getBottomSpec()
                .getAllFeatures()
                .forEach(feature -> feature.addIterationInterceptor(invocation -> run(field, invocation)));
    }

    private static void run(FieldInfo field, IMethodInvocation invocation) throws Throwable {
        try {
            invocation.proceed();
        } catch (Throwable failure) {
            if (field.readValue(invocation.getInstance()) instanceof TestLab lab) {
                GuestConsoles.tell(lab, failure);
            }
            throw failure;
        } finally {
            if (field.readValue(invocation.getInstance()) instanceof TestLab lab) {
                lab.close();
            }
        }
    }
}
