// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl;

import java.util.ArrayList;
import java.util.List;
import vmlab.camkes.ProcedureReader;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.Procedure;
import vmlab.dsl.model.Procedure.Signature;

/** The words of {@code procedure('Name') { }}. */
public final class ProcedureBlock extends Block {
    private static final String SAMPLE = "method 'int add(in int a, in int b)'";

    private final String name;
    private final List<Signature> signatures = new ArrayList<>();

    ProcedureBlock(LabScript script, String name) {
        super(script);
        this.name = name;
    }

    /** A method in CAmkES's words: {@code method 'int add(in int a, in int b)'}. */
    public void method(String words) {
        Signature signature = read(words);
        Procedure alone = new Procedure(name, List.of(signature), signature.location());
        for (Problem problem : alone.unknownTypes()) {
            throw new ScriptMistake(problem.found(), problem.remedy(), "method");
        }
        if (signatures.stream().anyMatch(earlier -> earlier.name().equals(signature.name()))) {
            throw new ScriptMistake(
                    "procedure " + name + " has two methods " + signature.name(), "rename one of them", "method");
        }
        signatures.add(signature);
    }

    private Signature read(String words) {
        try {
            return ProcedureReader.signature(words, here("method"));
        } catch (IllegalArgumentException e) {
            throw new ScriptMistake("'" + words + "' can't be read: " + e.getMessage(), SAMPLE, "method");
        }
    }

    List<Signature> signatures() {
        return signatures;
    }
}
