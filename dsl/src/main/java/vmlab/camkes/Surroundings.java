// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import vmlab.dsl.model.ComponentType;
import vmlab.dsl.model.ComponentType.AttributeDeclaration;
import vmlab.dsl.model.Composition.Instance;
import vmlab.dsl.model.Composition.InstanceSetting;
import vmlab.dsl.model.Connection;
import vmlab.dsl.model.Connection.End;
import vmlab.dsl.model.Interface;

/**
 * What a VM of seL4 has around it, as the words of {@code configurations/vm.h} say it: interfaces, servers, connections and
 * settings that a lab's machines serve for themselves. Read from vmlab's own library, so there is one list only.
 *
 * <p>Things are compared by what they say, not by where they stand.
 */
final class Surroundings {
    private static final Path SOURCE = ProjectFile.LIBRARY.resolve("surroundings.camkes");

    private final Set<Object> contents = new HashSet<>();

    private Surroundings() {}

    /** Those of the VMs with these numbers. */
    static Surroundings of(Collection<Integer> numbers) {
        Surroundings surroundings = new Surroundings();
        for (int number : numbers) {
            CamkesReader.Options options = new CamkesReader.Options(List.of(), Map.of("NUM", String.valueOf(number)));
            surroundings.add(CamkesReader.read(SOURCE, options));
        }
        return surroundings;
    }

    private void add(CamkesSystem system) {
        for (ComponentType type : system.types()) {
            if (VmNames.isComponent(type.name())) {
                type.interfaces().forEach(face -> contents.add(key(face)));
                type.attributes().forEach(attribute -> contents.add(key(attribute)));
            }
        }
        system.composition().instances().forEach(instance -> contents.add(key(instance)));
        system.composition().connections().forEach(connection -> contents.add(key(connection)));
        system.composition().settings().forEach(setting -> contents.add(key(setting)));
    }

    boolean have(Interface face) {
        return contents.contains(key(face));
    }

    boolean have(AttributeDeclaration attribute) {
        return contents.contains(key(attribute));
    }

    boolean have(Instance instance) {
        return contents.contains(key(instance));
    }

    boolean have(Connection connection) {
        return contents.contains(key(connection));
    }

    boolean have(InstanceSetting setting) {
        return contents.contains(key(setting));
    }

    private static Object key(Interface face) {
        return List.of(face.kind(), face.type(), face.name());
    }

    /** Applications declare some of them again, with types of their own. */
    private static Object key(AttributeDeclaration attribute) {
        return List.of("attribute", attribute.name());
    }

    private static Object key(Instance instance) {
        return List.of("component", instance.type(), instance.name());
    }

    private static Object key(Connection connection) {
        return List.of(connection.connector(), connection.name(), paths(connection.from()), paths(connection.to()));
    }

    private static List<String> paths(List<End> ends) {
        return ends.stream().map(End::path).collect(Collectors.toList());
    }

    private static Object key(InstanceSetting setting) {
        return List.of(
                setting.instance(),
                setting.setting().attribute(),
                setting.setting().value());
    }
}
