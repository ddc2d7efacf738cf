// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimilarTest {
    @ParameterizedTest(name = "{0} to {1}: {2}")
    @DisplayName("a letter more, less, other or swapped with its neighbour counts one")
    @CsvSource({
        "abc,abc,0",
        "abc,ab,1",
        "ab,abc,1",
        "abc,axc,1",
        "abc,acb,1",
        "'',abc,3",
        "kitten,sitting,3",
        "ca,abc,3"
    })
    void distanceCountsEdits(String a, String b, int distance) {
        assertEquals(distance, Similar.distance(a, b));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @DisplayName("of CAmkES's attributes, what was meant comes first")
    @CsvSource({
        "guest_ram, guest_ram_mb",
        "guest_ram_bm, guest_ram_mb",
        "kernel, kernel_image kernel_relocs kernel_cmdline",
        "kernel_cmd_line, kernel_cmdline",
        "Kernel_Image, kernel_image",
        "cmdline, kernel_cmdline",
        "initrd, initrd_image",
        "colour, ''"
    })
    void attributesAreSuggested(String word, String meant) {
        assertEquals(meant, String.join(" ", Similar.to(word, Attribute.words())));
    }

    @Test
    void aNameIsNotSuggestedForItselfNorAnyLetterForAnother() {
        assertEquals(List.of(), Similar.to("x", List.of("x", "y")));
    }

    @Test
    void theQuestionNamesThemAll() {
        List<String> names = List.of("abcd1", "abcd2", "abcd3", "zzz");
        assertEquals("did you mean abcd1, abcd2 or abcd3?", Similar.didYouMean("abcd", names, "nothing"));
        assertEquals("did you mean zzz?", Similar.didYouMean("zzzz", names, "nothing"));
        assertEquals("nothing", Similar.didYouMean("qqqq", names, "nothing"));
    }
}
