// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A type of procedure interfaces: {@code procedure Calc { int add(in int a, in int b); }}.
 *
 * @spec the CAmkES manual, "Procedure"
 */
public record Procedure(String name, List<Signature> signatures, SourceLocation location) {
    /** What the field's own components have: the machine serves for those, and nothing here calls them but PutChar's. */
    public static final Set<String> OF_SURROUNDINGS = Set.of(
            "PutChar", "GetChar", "Timer", "RTC", "PCIConfig", "FileServerInterface", "VirtQueue", "VirtQueueDev");

    public Procedure {
        Objects.requireNonNull(name);
        signatures = List.copyOf(signatures);
        Objects.requireNonNull(location);
    }

    /** The method of that name. */
    public Optional<Signature> signature(String method) {
        return signatures.stream().filter(s -> s.name().equals(method)).findFirst();
    }

    /** The names of its methods. */
    public List<String> methods() {
        return signatures.stream().map(Signature::name).toList();
    }

    /** Whether it says the same as another, wherever that stands. */
    public boolean isLike(Procedure other) {
        return name.equals(other.name) && words().equals(other.words());
    }

    /** Its methods as they are written. */
    public List<String> words() {
        return signatures.stream().map(Signature::words).toList();
    }

    /** What is wrong with the types of its methods: each that can't be carried to another component. */
    public List<Problem> unknownTypes() {
        return signatures.stream().flatMap(s -> s.unknownTypes(name)).toList();
    }

    /** Which way a parameter's value goes. */
    public enum Direction {
        IN,
        OUT,
        INOUT,
        /** In, and a pointer in C. */
        REFIN;

        /** Whether who calls gives it. */
        public boolean goesIn() {
            return this != OUT;
        }

        /** Whether who is called answers it. */
        public boolean comesOut() {
            return this == OUT || this == INOUT;
        }

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** A parameter; one of an array has {@code []} behind its type. */
    public record Parameter(Direction direction, String type, String name) {
        public Parameter {
            Objects.requireNonNull(direction);
            Objects.requireNonNull(type);
            Objects.requireNonNull(name);
        }

        String words() {
            boolean array = type.endsWith("[]");
            String element = array ? type.substring(0, type.length() - 2) : type;
            return direction.word() + " " + element + " " + name + (array ? "[]" : "");
        }
    }

    /**
     * A method of a procedure. Who calls it gives the values that go in, in their order. The answer is the value that comes
     * out: its own, or an {@code out} or {@code inout} parameter's; of several a map by the parameters' names, with its own
     * as {@value #RESULT}.
     *
     * @param type of its own value; {@code void} if it has none
     */
    public record Signature(String type, String name, List<Parameter> parameters, SourceLocation location) {
        /** What its own value is called among others. */
        public static final String RESULT = "result";

        public Signature {
            Objects.requireNonNull(type);
            Objects.requireNonNull(name);
            parameters = List.copyOf(parameters);
            Objects.requireNonNull(location);
        }

        /** As it is written: {@code int add(in int a, in int b)}. */
        public String words() {
            return type + " " + name
                    + parameters.stream().map(Parameter::words).collect(Collectors.joining(", ", "(", ")"));
        }

        /** Whether it has a value of its own. */
        public boolean hasResult() {
            return !type.equals("void");
        }

        /** Whether all its values can be carried to another component. */
        public boolean isCarried() {
            return unknownTypes("").findAny().isEmpty();
        }

        private Stream<Problem> unknownTypes(String procedure) {
            Stream<String> types = parameters.stream().map(Parameter::type);
            return (hasResult() ? Stream.concat(Stream.of(type), types) : types)
                    .filter(each -> ValueType.of(each).isEmpty())
                    .map(each -> new Problem(
                            location,
                            procedure + "." + name + " has a value of type " + each
                                    + ", which can't be carried to another component",
                            "types are " + ValueType.names() + "; what is larger goes through a dataport"));
        }

        /** The types of the values that go in, by name. */
        public Map<String, ValueType> in() {
            return types(parameters.stream().filter(p -> p.direction().goesIn()).toList());
        }

        /** The types of the values that come out, by name. */
        public Map<String, ValueType> out() {
            List<Parameter> out = new ArrayList<>();
            if (hasResult()) {
                out.add(new Parameter(Direction.OUT, type, RESULT));
            }
            parameters.stream().filter(p -> p.direction().comesOut()).forEach(out::add);
            return types(out);
        }

        private static Map<String, ValueType> types(List<Parameter> parameters) {
            Map<String, ValueType> types = new LinkedHashMap<>();
            parameters.forEach(p -> types.put(p.name(), ValueType.of(p.type()).orElseThrow()));
            return types;
        }

        /**
         * What was given for it, as its types have it.
         *
         * @throws IllegalArgumentException with what is wrong if that can't be
         */
        public List<Object> arguments(List<Object> given) {
            Map<String, ValueType> in = in();
            if (given.size() != in.size()) {
                throw new IllegalArgumentException("is given " + given.size() + " values and takes " + in.size());
            }
            List<Object> values = new ArrayList<>();
            in.forEach((parameter, wanted) -> values.add(value(parameter, wanted, given.get(values.size()))));
            return values;
        }

        /**
         * What was answered, as its types have it; null if nothing comes out.
         *
         * @throws IllegalArgumentException with what is wrong if that can't be
         */
        public Object answer(Object given) {
            Map<String, ValueType> out = out();
            if (out.isEmpty()) {
                return null;
            }
            if (out.size() == 1) {
                Map.Entry<String, ValueType> only = out.entrySet().iterator().next();
                return value(only.getKey(), only.getValue(), given);
            }
            if (!(given instanceof Map<?, ?> map) || !map.keySet().equals(out.keySet())) {
                String due = out.keySet().stream().map(each -> each + ": …").collect(Collectors.joining(", "));
                throw new IllegalArgumentException("answers " + given + ", and what is due is [" + due + "]");
            }
            Map<String, Object> values = new LinkedHashMap<>();
            out.forEach((part, wanted) -> values.put(part, value(part, wanted, map.get(part))));
            return values;
        }

        /** What comes out, one by one, of an answer. */
        public List<Object> parts(Object answer) {
            return answer instanceof Map<?, ?> map
                    ? out().keySet().stream()
                            .map(each -> (Object) map.get(each))
                            .toList()
                    : answer == null ? List.of() : List.of(answer);
        }

        /** The answer that some values, one by one, are. */
        public Object answerOf(List<Object> parts) {
            if (parts.size() <= 1) {
                return parts.isEmpty() ? null : parts.get(0);
            }
            Map<String, Object> values = new LinkedHashMap<>();
            out().keySet().forEach(part -> values.put(part, parts.get(values.size())));
            return values;
        }

        private static Object value(String name, ValueType type, Object given) {
            return type.value(given)
                    .orElseThrow(() -> new IllegalArgumentException(
                            "has " + given + " for " + name + ", which must be " + type.description()));
        }
    }
}
