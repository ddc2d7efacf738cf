// SPDX-License-Identifier: Apache-2.0
package vmlab.ccomponent;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How a component's process died.
 *
 * @param touched the address it touched, if it was for that
 * @param callers where it was, and who had called that, from the inside out
 */
record Death(int signal, long touched, List<Long> callers) {
    private static final int SIGFPE = 8;
    private static final Map<Integer, String> NAMES = Map.of(
            4,
            "illegal instruction",
            6,
            "abort",
            7,
            "bus error",
            SIGFPE,
            "arithmetic",
            9,
            "killed",
            11,
            "segmentation fault",
            15,
            "terminated",
            31,
            "forbidden system call");

    /** Of its last words: the signal, the address, and the callers, all but the first in hexadecimal. */
    static Death of(int signal, String lastWords) {
        List<String> words = List.of(lastWords.split(" "));
        if (!words.get(0).equals(Integer.toString(signal))) {
            return new Death(signal, 0, List.of());
        }
        List<Long> numbers =
                words.stream().skip(1).map(word -> Long.parseLong(word, 16)).toList();
        return new Death(signal, numbers.get(0), numbers.subList(1, numbers.size()));
    }

    private boolean isOfMemory() {
        return Arrays.asList(7, 11).contains(signal) && !callers.isEmpty();
    }

    @Override
    public String toString() {
        String name = NAMES.containsKey(signal) ? " (" + NAMES.get(signal) + ")" : "";
        return "signal " + signal + name + (isOfMemory() ? " at address %#x".formatted(touched) : "");
    }
}
