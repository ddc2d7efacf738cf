// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.math.BigInteger;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A type of CAmkES's whose values can go from one component to another, whatever each is written in. A whole number is an
 * Integer, a Long or a BigInteger, the first that it fits into; a char is a Character below 256, a bool a Boolean, a string a
 * String.
 *
 * @param c its name in C, on a 32-bit PC
 * @param bits of a whole number; 0 of others
 * @spec camkes-tool, camkes/internal/isinstancefallback.py and camkes/templates/macros.py
 */
public record ValueType(String c, Kind kind, int bits, boolean signed) {
    /** What its values are. */
    public enum Kind {
        INTEGER,
        CHARACTER,
        BOOLEAN,
        TEXT
    }

    private static final int WORD = 32;
    private static final int OCTETS = 256;
    private static final Map<String, ValueType> TYPES = types();

    public ValueType {
        Objects.requireNonNull(c);
        Objects.requireNonNull(kind);
    }

    private static Map<String, ValueType> types() {
        Map<String, ValueType> types = new TreeMap<>();
        for (int bits : new int[] {8, 16, WORD, 2 * WORD}) {
            types.put("int" + bits + "_t", new ValueType("int" + bits + "_t", Kind.INTEGER, bits, true));
            types.put("uint" + bits + "_t", new ValueType("uint" + bits + "_t", Kind.INTEGER, bits, false));
        }
        for (String name : new String[] {"int", "integer", "signed", "signed int", "signed integer"}) {
            types.put(name, new ValueType("int", Kind.INTEGER, WORD, true));
        }
        for (String name : new String[] {"unsigned", "unsigned int", "unsigned integer"}) {
            types.put(name, new ValueType("unsigned int", Kind.INTEGER, WORD, false));
        }
        for (String name : new String[] {"size_t", "uintptr_t", "seL4_Word"}) {
            types.put(name, new ValueType(name, Kind.INTEGER, WORD, false));
        }
        types.put("ssize_t", new ValueType("ssize_t", Kind.INTEGER, WORD, true));
        types.put("signed char", new ValueType("signed char", Kind.INTEGER, Byte.SIZE, true));
        types.put("unsigned char", new ValueType("unsigned char", Kind.INTEGER, Byte.SIZE, false));
        types.put("char", new ValueType("char", Kind.CHARACTER, 0, true));
        types.put("character", new ValueType("char", Kind.CHARACTER, 0, true));
        for (String name : new String[] {"bool", "_Bool", "boolean"}) {
            types.put(name, new ValueType("bool", Kind.BOOLEAN, 0, false));
        }
        types.put("string", new ValueType("char *", Kind.TEXT, 0, false));
        return types;
    }

    /** The type of that name; empty if its values can't be carried. */
    public static Optional<ValueType> of(String name) {
        return Optional.ofNullable(TYPES.get(name));
    }

    /** Names of types, for who wrote another one. */
    public static String names() {
        return "int8_t to uint64_t, int, unsigned int, size_t, char, bool and string";
    }

    /**
     * A value as one of this type.
     *
     * @return empty if it is none
     */
    public Optional<Object> value(Object given) {
        return switch (kind) {
            case INTEGER -> whole(given).filter(this::fits).map(ValueType::narrowest);
            case CHARACTER -> character(given);
            case BOOLEAN -> bool(given);
            // The end of a string in C is its first zero.
            case TEXT ->
                given instanceof CharSequence text && text.chars().noneMatch(c -> c == 0)
                        ? Optional.of(text.toString())
                        : Optional.empty();
        };
    }

    private static Optional<BigInteger> whole(Object given) {
        boolean whole = given instanceof BigInteger
                || given instanceof Long
                || given instanceof Integer
                || given instanceof Short
                || given instanceof Byte;
        return whole ? Optional.of(new BigInteger(given.toString())) : Optional.empty();
    }

    private boolean fits(BigInteger number) {
        return signed ? number.bitLength() < bits : number.signum() >= 0 && number.bitLength() <= bits;
    }

    private static Object narrowest(BigInteger number) {
        if (number.bitLength() < Integer.SIZE) {
            return number.intValue();
        }
        return number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
    }

    /** As C has it, 0 and 1 are some, too. */
    private static Optional<Object> bool(Object given) {
        if (given instanceof Boolean) {
            return Optional.of(given);
        }
        return Integer.valueOf(0).equals(given) || Integer.valueOf(1).equals(given)
                ? Optional.of(given.equals(1))
                : Optional.empty();
    }

    private static Optional<Object> character(Object given) {
        if (given instanceof CharSequence text && text.length() == 1) {
            return character(text.charAt(0));
        }
        return given instanceof Character c && c < OCTETS ? Optional.of(c) : Optional.empty();
    }

    /** What a value must be, for people. */
    public String description() {
        return switch (kind) {
            case INTEGER -> "a whole number of " + bits + " bits" + (signed ? "" : " without a sign");
            case CHARACTER -> "one character below 256";
            case BOOLEAN -> "true or false";
            case TEXT -> "a text";
        };
    }
}
