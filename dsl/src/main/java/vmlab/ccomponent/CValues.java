// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import vmlab.dsl.model.Behaviour.Ports;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.Interface;
import vmlab.dsl.model.ValueType;

/**
 * Values as words between this process and a component's: numbers in decimal, of a char and a bool, too, and a text's octets in
 * hexadecimal behind an {@code s}.
 */
final class CValues {
    private static final HexFormat HEX = HexFormat.of();

    private CValues() {}

    static String words(List<Object> values) {
        return values.stream().map(CValues::word).collect(Collectors.joining(" "));
    }

    private static String word(Object value) {
        if (value instanceof String text) {
            return "s" + HEX.formatHex(text.getBytes(StandardCharsets.UTF_8));
        }
        if (value instanceof Character character) {
            // As a char of C has it, with a sign.
            return Byte.toString((byte) character.charValue());
        }
        return value instanceof Boolean bool ? bool ? "1" : "0" : value.toString();
    }

    static List<Object> values(Collection<ValueType> types, List<String> words) {
        List<Object> values = new ArrayList<>();
        types.forEach(type -> values.add(value(type, words.get(values.size()))));
        return values;
    }

    private static Object value(ValueType type, String word) {
        return switch (type.kind()) {
            case TEXT -> new String(HEX.parseHex(word.substring(1)), StandardCharsets.UTF_8);
            case CHARACTER -> (char) (Byte.parseByte(word) & 0xff);
            case BOOLEAN -> word.equals("1");
            case INTEGER -> type.value(new BigInteger(word)).orElseThrow();
        };
    }

    /** What a component's process is told of its attributes, and of what its semaphores begin with: {@code x:5}. */
    static List<String> attributes(ComponentType type, Ports ports) {
        List<String> all = new ArrayList<>();
        type.attributes()
                .forEach(attribute -> ValueType.of(attribute.type())
                        .flatMap(values -> given(attribute.name(), values, ports))
                        .ifPresent(all::add));
        type.interfaces().stream()
                .filter(face -> face.kind() == Interface.Kind.SEMAPHORE)
                .forEach(face -> given(
                                face.name() + "_value", ValueType.of("int").orElseThrow(), ports)
                        .ifPresent(all::add));
        return all;
    }

    private static Optional<String> given(String name, ValueType type, Ports ports) {
        return ports.attribute(name).flatMap(type::value).map(value -> name + ":" + word(value));
    }
}
