// SPDX-License-Identifier: Apache-2.0
package vmlab.junit;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Labs for JUnit's tests: one for each field and parameter, closed behind the test. */
final class JUnitLabs implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(JUnitLabs.class);

    /** Those of a test. */
    private static final class Open {
        private final List<TestLab> labs = new ArrayList<>();
    }

    private static Open open(ExtensionContext context) {
        return context.getStore(NAMESPACE).computeIfAbsent(context.getUniqueId(), id -> new Open(), Open.class);
    }

    private static TestLab opened(ExtensionContext context, Lab wanted) {
        TestLab lab = TestLab.open(wanted);
        open(context).labs.add(lab);
        return lab;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IllegalAccessException {
        Object test = context.getRequiredTestInstance();
        for (Class<?> type = test.getClass(); type != Object.class; type = type.getSuperclass()) {
            List<Field> fields = Arrays.stream(type.getDeclaredFields())
                    .filter(field -> field.isAnnotationPresent(Lab.class))
                    .toList();
            for (Field field : fields) {
                field.setAccessible(true);
                if (field.get(test) == null) {
                    field.set(test, opened(context, field.getAnnotation(Lab.class)));
                }
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.isAnnotated(Lab.class) && parameter.getParameter().getType() == TestLab.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return opened(context, parameter.findAnnotation(Lab.class).orElseThrow());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        for (TestLab lab : open(context).labs) {
            context.getExecutionException().ifPresent(failure -> GuestConsoles.tell(lab, failure));
            lab.close();
        }
        open(context).labs.clear();
    }
}
