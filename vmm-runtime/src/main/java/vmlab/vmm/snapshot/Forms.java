// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import vmlab.vmm.FxImage;

/** The {@link Form} of each type that has one. */
final class Forms {
    @FunctionalInterface
    private interface Writer<T> {
        void write(T value, DataOutputStream out) throws IOException;
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    private static final Map<Class<?>, Form> PLAIN = Map.ofEntries(
            plain(boolean.class, (value, out) -> out.writeBoolean(value), DataInputStream::readBoolean),
            plain(Boolean.class, (value, out) -> out.writeBoolean(value), DataInputStream::readBoolean),
            plain(byte.class, (value, out) -> out.writeByte(value), DataInputStream::readByte),
            plain(short.class, (value, out) -> out.writeShort(value), DataInputStream::readShort),
            plain(int.class, (value, out) -> out.writeInt(value), DataInputStream::readInt),
            plain(Integer.class, (value, out) -> out.writeInt(value), DataInputStream::readInt),
            plain(long.class, (value, out) -> out.writeLong(value), DataInputStream::readLong),
            plain(Long.class, (value, out) -> out.writeLong(value), DataInputStream::readLong),
            plain(String.class, Forms::writeText, Forms::readText),
            plain(OptionalInt.class, Forms::writeOptionalInt, Forms::readOptionalInt),
            plain(FxImage.class, Forms::writeFloats, Forms::readFloats));

    private Forms() {}

    @SuppressWarnings("unchecked")
    private static <T> Map.Entry<Class<?>, Form> plain(Class<T> type, Writer<T> writer, Reader<T> reader) {
        return Map.entry(
                type,
                form(type.getSimpleName().toLowerCase(Locale.ROOT), (Writer<Object>) writer, (Reader<Object>) reader));
    }

    private static Form form(String schema, Writer<Object> writer, Reader<Object> reader) {
        return new Form() {
            @Override
            public String schema() {
                return schema;
            }

            @Override
            public void write(Object value, DataOutputStream out) throws IOException {
                writer.write(value, out);
            }

            @Override
            public Object read(DataInputStream in) throws IOException {
                return reader.read(in);
            }
        };
    }

    static Form of(Type type) {
        if (type instanceof Class<?> plain) {
            return ofClass(plain);
        }
        if (type instanceof ParameterizedType parameterized && parameterized.getRawType() instanceof Class<?> raw) {
            Form[] of = new Form[parameterized.getActualTypeArguments().length];
            for (int i = 0; i < of.length; i++) {
                of[i] = of(parameterized.getActualTypeArguments()[i]);
            }
            if (raw == List.class) {
                return list(of[0]);
            }
            if (raw == Optional.class) {
                return optional(of[0]);
            }
            if (raw == Map.class || raw == SortedMap.class) {
                return map(raw == SortedMap.class, of[0], of[1]);
            }
        }
        throw new IllegalArgumentException("there is no way to write a " + type.getTypeName());
    }

    private static Form ofClass(Class<?> type) {
        Form plain = PLAIN.get(type);
        if (plain != null) {
            return plain;
        }
        if (type.isRecord()) {
            return RecordForm.of(type);
        }
        if (type.isEnum()) {
            return enumeration(type);
        }
        if (type == byte[].class || type == int[].class || type == long[].class) {
            return array(type.getComponentType());
        }
        throw new IllegalArgumentException("there is no way to write a " + type.getName());
    }

    // ---- values of one piece

    /** Longer than what {@link DataOutputStream#writeUTF} takes. */
    private static void writeText(String text, DataOutputStream out) throws IOException {
        byte[] octets = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(octets.length);
        out.write(octets);
    }

    private static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(count(in)), StandardCharsets.UTF_8);
    }

    private static void writeOptionalInt(OptionalInt value, DataOutputStream out) throws IOException {
        out.writeBoolean(value.isPresent());
        out.writeInt(value.orElse(0));
    }

    private static OptionalInt readOptionalInt(DataInputStream in) throws IOException {
        boolean present = in.readBoolean();
        int value = in.readInt();
        return present ? OptionalInt.of(value) : OptionalInt.empty();
    }

    private static void writeFloats(FxImage value, DataOutputStream out) throws IOException {
        byte[] octets = new byte[FxImage.BYTES];
        value.bytes().get(octets);
        out.write(octets);
    }

    private static FxImage readFloats(DataInputStream in) throws IOException {
        byte[] octets = new byte[FxImage.BYTES];
        in.readFully(octets);
        return FxImage.of(FxImage.buffer().put(octets));
    }

    /** By name: what is written stays good when a constant is put between others. */
    private static Form enumeration(Class<?> type) {
        Map<String, Object> constants = new LinkedHashMap<>();
        for (Object constant : type.getEnumConstants()) {
            constants.put(((Enum<?>) constant).name(), constant);
        }
        return form(constants.keySet().toString(), (value, out) -> writeText(((Enum<?>) value).name(), out), in -> {
            Object constant = constants.get(readText(in));
            if (constant == null) {
                throw new IllegalArgumentException("no constant of " + type.getSimpleName());
            }
            return constant;
        });
    }

    /** How many elements follow, of an octet at least: a wrong number must not take all memory. */
    private static int count(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.available()) {
            throw new IllegalArgumentException(count + " elements in " + in.available() + " octets");
        }
        return count;
    }

    // ---- values of several

    private static Form array(Class<?> element) {
        Form each = ofClass(element);
        return form(
                element + "[]",
                (value, out) -> {
                    out.writeInt(Array.getLength(value));
                    for (int i = 0; i < Array.getLength(value); i++) {
                        each.write(Array.get(value, i), out);
                    }
                },
                in -> {
                    Object array = Array.newInstance(element, count(in));
                    for (int i = 0; i < Array.getLength(array); i++) {
                        Array.set(array, i, each.read(in));
                    }
                    return array;
                });
    }

    private static Form list(Form each) {
        return form(
                "list<" + each.schema() + ">",
                (value, out) -> {
                    out.writeInt(((List<?>) value).size());
                    for (Object element : (List<?>) value) {
                        each.write(element, out);
                    }
                },
                in -> {
                    List<Object> list = new ArrayList<>();
                    for (int left = count(in); left > 0; left--) {
                        list.add(each.read(in));
                    }
                    return list;
                });
    }

    private static Form optional(Form content) {
        return form(
                "optional<" + content.schema() + ">",
                (value, out) -> {
                    Optional<?> optional = (Optional<?>) value;
                    out.writeBoolean(optional.isPresent());
                    if (optional.isPresent()) {
                        content.write(optional.get(), out);
                    }
                },
                in -> in.readBoolean() ? Optional.of(content.read(in)) : Optional.empty());
    }

    private static Form map(boolean sorted, Form key, Form content) {
        return form(
                "map<" + key.schema() + "," + content.schema() + ">",
                (value, out) -> {
                    out.writeInt(((Map<?, ?>) value).size());
                    for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                        key.write(entry.getKey(), out);
                        content.write(entry.getValue(), out);
                    }
                },
                in -> {
                    Map<Object, Object> map = sorted ? new TreeMap<>() : new LinkedHashMap<>();
                    for (int left = count(in); left > 0; left--) {
                        Object at = key.read(in);
                        map.put(at, content.read(in));
                    }
                    return map;
                });
    }
}
