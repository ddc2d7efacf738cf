// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A record: its components one after the other. */
final class RecordForm implements Form {
    private final Constructor<?> constructor;
    private final Method[] accessors;
    private final Form[] forms;
    private final String schema;

    private RecordForm(Constructor<?> constructor, Method[] accessors, Form[] forms, String schema) {
        this.constructor = constructor;
        this.accessors = accessors;
        this.forms = forms;
        this.schema = schema;
    }

    static RecordForm of(Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            Method[] accessors =
                    Arrays.stream(components).map(RecordComponent::getAccessor).toArray(Method[]::new);
            // Records of devices are often their own business.
            constructor.setAccessible(true);
            Arrays.stream(accessors).forEach(accessor -> accessor.setAccessible(true));
            Form[] forms = Arrays.stream(components)
                    .map(component -> Forms.of(component.getGenericType()))
                    .toArray(Form[]::new);
            String schema = IntStream.range(0, forms.length)
                    .mapToObj(i -> components[i].getName() + ":" + forms[i].schema())
                    .collect(Collectors.joining(",", "(", ")"));
            return new RecordForm(constructor, accessors, forms, schema);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("a record without its constructor: " + type, e);
        }
    }

    @Override
    public String schema() {
        return schema;
    }

    @Override
    public void write(Object value, DataOutputStream out) throws IOException {
        for (int i = 0; i < forms.length; i++) {
            forms[i].write(component(value, i), out);
        }
    }

    private Object component(Object value, int i) {
        try {
            return accessors[i].invoke(value);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("a record that can't be read: " + value, e);
        }
    }

    @Override
    public Object read(DataInputStream in) throws IOException {
        Object[] values = new Object[forms.length];
        for (int i = 0; i < forms.length; i++) {
            values[i] = forms[i].read(in);
        }
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(
                    "no " + constructor.getDeclaringClass().getSimpleName(), e.getCause());
        } catch (InstantiationException | IllegalAccessException e) {
            throw new IllegalStateException("a record that can't be made: " + constructor, e);
        }
    }
}
