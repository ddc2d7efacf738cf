// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import vmlab.vmm.HostMistake;

/**
 * The packages a guest needs, unpacked in the cache. A manifest says what is there: as long as it does, nothing is asked of
 * the network. Several threads and processes may fetch at once; one does the work.
 *
 * <p>Errors: {@link HostMistake} saying what to put where.
 */
final class DebianPackages {
    private static final String FOLDER = "debian";
    private static final String MANIFEST = "manifest.properties";

    private final GuestCache cache;
    private final PackageSource source;

    /**
     * A package that is there.
     *
     * @param files paths of its files in the host's file system
     */
    record Unpacked(String name, String version, String sha256, List<Path> files) {
        Unpacked {
            files = List.copyOf(files);
        }
    }

    DebianPackages(GuestCache cache, PackageSource source) {
        this.cache = cache;
        this.source = source;
    }

    /** All wanted packages, in their order; what isn't in the cache is fetched. */
    List<Unpacked> fetch(List<WantedPackage> wanted, Progress progress) {
        return cache.locked(() -> {
            Map<WantedPackage, Unpacked> there = new LinkedHashMap<>();
            for (WantedPackage each : wanted) {
                fromCache(each).ifPresent(unpacked -> there.put(each, unpacked));
            }
            List<WantedPackage> missing =
                    wanted.stream().filter(w -> !there.containsKey(w)).toList();
            if (!missing.isEmpty()) {
                List<PackageFile> found = source.find(missing, cache, progress);
                for (int i = 0; i < missing.size(); i++) {
                    there.put(missing.get(i), unpacked(missing.get(i), found.get(i), progress));
                }
            }
            return wanted.stream().map(there::get).toList();
        });
    }

    private Optional<Unpacked> fromCache(WantedPackage wanted) throws IOException {
        Path folder = cache.path(FOLDER + "/" + wanted.place());
        Path manifest = folder.resolve(MANIFEST);
        if (!Files.exists(manifest)) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(manifest)) {
            properties.load(in);
        }
        List<Path> files = new ArrayList<>();
        for (String entry : properties.getProperty("files", "").lines().toList()) {
            String[] sizeAndName = entry.split(" ", 2);
            Path file = folder.resolve(sizeAndName[1]);
            if (!Files.exists(file) || Files.size(file) != Long.parseLong(sizeAndName[0])) {
                return Optional.empty();
            }
            files.add(file);
        }
        if (!source.accepts(properties.getProperty("origin", ""), List.of(wanted))) {
            return Optional.empty();
        }
        return Optional.of(new Unpacked(
                properties.getProperty("package"),
                properties.getProperty("version"),
                properties.getProperty("sha256"),
                files));
    }

    private Unpacked unpacked(WantedPackage wanted, PackageFile found, Progress progress) throws IOException {
        Path deb = obtained(wanted, found, progress);
        cache.put(FOLDER + "/" + wanted.place(), folder -> writeManifest(folder, found, names(wanted, deb, folder)));
        if (deb.startsWith(cache.root())) {
            // A kernel's package is 50 MB, what is needed of it 6.
            Files.delete(deb);
        }
        return fromCache(wanted).orElseThrow(() -> new IOException("vanished while being unpacked: " + wanted.name()));
    }

    private static List<String> names(WantedPackage wanted, Path deb, Path folder) throws IOException {
        Files.createDirectories(folder);
        try {
            List<String> names = DebFile.unpack(deb, folder, wanted.unpacked(), wanted.files());
            if (!names.isEmpty()) {
                return names;
            }
            throw new ArchiveFailure(deb + " holds none of the files needed of " + wanted.name());
        } catch (ArchiveFailure e) {
            throw new HostMistake(e.getMessage(), PackageSource.remedy(List.of(wanted)), e);
        }
    }

    private Path obtained(WantedPackage wanted, PackageFile found, Progress progress) throws IOException {
        try {
            return source.obtain(found, cache, progress);
        } catch (ArchiveFailure e) {
            throw new HostMistake(
                    "the package " + found.name() + " " + found.version().text() + " can't be had: " + e.getMessage(),
                    "try again (what was fetched is kept), or " + PackageSource.remedy(List.of(wanted)),
                    e);
        }
    }

    private static void writeManifest(Path folder, PackageFile found, List<String> names) throws IOException {
        List<String> files = new ArrayList<>();
        for (String name : names) {
            files.add(Files.size(folder.resolve(name)) + " " + name);
        }
        Properties manifest = new Properties();
        manifest.setProperty("package", found.name());
        manifest.setProperty("version", found.version().text());
        manifest.setProperty("sha256", found.checksum().sha256());
        manifest.setProperty("origin", found.origin());
        manifest.setProperty("files", String.join("\n", files));
        try (OutputStream out = Files.newOutputStream(folder.resolve(MANIFEST))) {
            manifest.store(out, "what is unpacked here");
        }
    }
}
