// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where packages come from: {@linkplain PackageFolder a folder} their owner filled, or {@linkplain DebianArchive an
 * archive} on the network.
 */
sealed interface PackageSource permits PackageFolder, DebianArchive {
    /** Names a folder of *.deb files: nothing is asked of the network then. */
    String FOLDER_VARIABLE = "VMLAB_DEBIAN_PACKAGES";

    /** Names the address below which an archive has its "dists" and "pool", instead of the host's apt sources. */
    String MIRROR_VARIABLE = "VMLAB_DEBIAN_MIRROR";

    /** Finds one file for each wanted package, in their order, or says which are missing. */
    List<PackageFile> find(List<WantedPackage> wanted, GuestCache cache, Progress progress) throws IOException;

    /** Brings a found package's *.deb onto this disk, verified. */
    Path obtain(PackageFile found, GuestCache cache, Progress progress) throws IOException;

    /** Whether something unpacked from that origin may still be used without asking. */
    boolean accepts(String origin, List<WantedPackage> wanted) throws IOException;

    /** The source an environment asks for; the host's apt sources if it asks for none. */
    static PackageSource of(Map<String, String> environment, Path aptFolder) {
        String folder = environment.getOrDefault(FOLDER_VARIABLE, "");
        if (!folder.isBlank()) {
            return new PackageFolder(Path.of(folder));
        }
        return DebianArchive.of(environment, aptFolder);
    }

    /** What to do without a network, or without apt: the same words wherever it is found out. */
    static String remedy(List<WantedPackage> wanted) {
        String names =
                String.join(" and ", wanted.stream().map(WantedPackage::example).toList());
        String architectures = String.join(
                " and ",
                wanted.stream().map(WantedPackage::architecture).distinct().toList());
        return "set " + MIRROR_VARIABLE + " to the address of a Debian mirror (the part before /dists), or put " + names
                + " (Debian " + WantedPackage.SUITE + ", architecture " + architectures
                + ") into a folder and name it in " + FOLDER_VARIABLE;
    }
}
