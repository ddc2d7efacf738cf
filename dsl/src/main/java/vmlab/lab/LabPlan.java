// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.AssemblyChange;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.VmSpec;

/**
 * What a change does to a lab, step by step; nothing of it is done yet. Prints as a list.
 *
 * @param before what is there
 * @param after what will be
 * @param steps for all that the change names or touches
 */
public record LabPlan(Assembly before, Assembly after, List<Step> steps) {
    /** What is done with something. */
    public enum Action {
        ADD,
        REPLACE,
        KEEP,
        UNPLUG,
        REMOVE
    }

    /** What it is done with. */
    public enum Subject {
        VM,
        COMPONENT,
        CONNECTION
    }

    /**
     * A step.
     *
     * @param why more for people; empty if there is nothing to say
     */
    public record Step(Action action, Subject subject, String name, String why) {
        @Override
        public String toString() {
            String line = "%-8s %-10s %s"
                    .formatted(
                            action.name().toLowerCase(Locale.ROOT),
                            subject.name().toLowerCase(Locale.ROOT),
                            name);
            return why.isEmpty() ? line : line + ": " + why;
        }
    }

    public LabPlan {
        steps = List.copyOf(steps);
    }

    /** What a change does. */
    static LabPlan of(Assembly before, AssemblyChange change) {
        return new Maker(before, change).plan();
    }

    /** Names of the subjects that this is done with. */
    List<String> names(Action action, Subject subject) {
        return steps.stream()
                .filter(step -> step.action == action && step.subject == subject)
                .map(Step::name)
                .toList();
    }

    /** Whether nothing changes. */
    public boolean isEmpty() {
        return steps.stream().allMatch(step -> step.action == Action.KEEP);
    }

    @Override
    public String toString() {
        return steps.isEmpty()
                ? "nothing to do"
                : String.join("\n", steps.stream().map(Step::toString).toList());
    }

    private static final class Maker {
        private final Assembly before;
        private final Assembly after;
        private final AssemblyChange change;
        private final List<Step> steps = new ArrayList<>();
        private final Set<String> replaced = new HashSet<>();

        Maker(Assembly before, AssemblyChange change) {
            this.before = before;
            this.change = change;
            after = change.of(before);
        }

        LabPlan plan() {
            vms();
            components();
            connections();
            return new LabPlan(before, after, steps);
        }

        private void add(Action action, Subject subject, String name, String why) {
            steps.add(new Step(action, subject, name, why));
        }

        private void vms() {
            List<VmSpec> now = before.settled().vms();
            for (VmSpec vm : after.settled().vms()) {
                Optional<VmSpec> old =
                        now.stream().filter(v -> v.name().equals(vm.name())).findFirst();
                List<String> differences = old.map(o -> o.differences(vm)).orElse(List.of());
                if (old.isEmpty()) {
                    add(Action.ADD, Subject.VM, vm.name(), "");
                } else if (!differences.isEmpty()) {
                    add(Action.REPLACE, Subject.VM, vm.name(), String.join(", ", differences));
                } else if (isNamed(vm)) {
                    add(Action.KEEP, Subject.VM, vm.name(), "");
                }
            }
            now.stream()
                    .filter(vm -> after.vms().stream().noneMatch(v -> v.name().equals(vm.name())))
                    .forEach(vm -> add(Action.REMOVE, Subject.VM, vm.name(), ""));
        }

        private boolean isNamed(VmSpec vm) {
            return change.described().vms().stream().anyMatch(v -> v.name().equals(vm.name()));
        }

        private void components() {
            for (Instance instance : after.composition().instances()) {
                Optional<ComponentSpec> old = spec(before, instance.name());
                ComponentSpec spec = spec(after, instance.name()).orElseThrow();
                boolean named = change.described().component(instance.type()).isPresent()
                        || change.described().composition().instances().contains(instance);
                if (old.isEmpty()) {
                    add(Action.ADD, Subject.COMPONENT, instance.name(), "");
                } else if (!old.get().isLike(spec)) {
                    add(
                            Action.REPLACE,
                            Subject.COMPONENT,
                            instance.name(),
                            old.get().difference(spec));
                    replaced.add(instance.name());
                } else if (named) {
                    add(Action.KEEP, Subject.COMPONENT, instance.name(), "");
                }
            }
            for (Instance instance : before.composition().instances()) {
                if (spec(after, instance.name()).isEmpty()) {
                    add(Action.REMOVE, Subject.COMPONENT, instance.name(), "");
                }
            }
        }

        private static Optional<ComponentSpec> spec(Assembly assembly, String instance) {
            return assembly.composition().instances().stream()
                    .filter(i -> i.name().equals(instance))
                    .findFirst()
                    .flatMap(i -> assembly.component(i.type()));
        }

        private void connections() {
            for (Connection connection : after.composition().connections()) {
                Optional<Connection> old = connection(before, connection.name());
                boolean unplugged = isUnplugged(connection.name());
                if (old.isEmpty() || !old.get().isLike(connection)) {
                    add(
                            old.isEmpty() ? Action.ADD : Action.REPLACE,
                            Subject.CONNECTION,
                            connection.name(),
                            connection.words());
                } else if (!unplugged
                        && change.described().composition().connections().contains(connection)) {
                    add(Action.KEEP, Subject.CONNECTION, connection.name(), "");
                }
                if (unplugged) {
                    add(Action.UNPLUG, Subject.CONNECTION, connection.name(), "");
                }
            }
            for (Connection connection : before.composition().connections()) {
                if (connection(after, connection.name()).isEmpty()) {
                    add(Action.REMOVE, Subject.CONNECTION, connection.name(), whyGone(connection));
                }
            }
        }

        private boolean isUnplugged(String name) {
            return change.unplugged().stream().anyMatch(u -> u.name().equals(name));
        }

        private String whyGone(Connection connection) {
            boolean asked = change.removed().stream().anyMatch(r -> r.name().equals(connection.name()));
            return asked ? "" : "an end of it is gone";
        }

        private static Optional<Connection> connection(Assembly assembly, String name) {
            return assembly.composition().connections().stream()
                    .filter(c -> c.name().equals(name))
                    .findFirst();
        }
    }
}
