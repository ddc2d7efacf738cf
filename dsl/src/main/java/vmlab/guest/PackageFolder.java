// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * A folder of *.deb files named as archives name them. Of several that fit, the newest is taken. Nothing says what their
 * hashes should be: whoever filled the folder answers for it.
 */
record PackageFolder(Path folder) implements PackageSource {
    private static final Pattern FILE_NAME = Pattern.compile("([a-z0-9.+-]+)_([^_]+)_([a-z0-9-]+)\\.deb");
    private static final String FOR_ALL = "all";

    private record Candidate(Path file, String name, DebianVersion version, String architecture) {
        boolean fits(WantedPackage wanted) {
            return wanted.concrete().matcher(name).matches()
                    && (architecture.equals(wanted.architecture()) || architecture.equals(FOR_ALL));
        }

        String origin() {
            try {
                return file.toAbsolutePath() + " " + Files.size(file) + " " + Files.getLastModifiedTime(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public List<PackageFile> find(List<WantedPackage> wanted, GuestCache cache, Progress progress) throws IOException {
        List<PackageFile> found = new ArrayList<>();
        for (WantedPackage each : wanted) {
            Candidate newest = newest(each).orElseThrow(() -> missing(wanted));
            found.add(new PackageFile(
                    newest.name(),
                    newest.version(),
                    newest.origin(),
                    newest.file().toString(),
                    Checksum.of(newest.file())));
        }
        return found;
    }

    @Override
    public Path obtain(PackageFile found, GuestCache cache, Progress progress) {
        return Path.of(found.location());
    }

    @Override
    public boolean accepts(String origin, List<WantedPackage> wanted) {
        for (WantedPackage each : wanted) {
            if (newest(each).filter(c -> c.origin().equals(origin)).isPresent()) {
                return true;
            }
        }
        return false;
    }

    private Optional<Candidate> newest(WantedPackage wanted) {
        // By name first: linux-image-6.1.0-50-686 is newer than -47-686, whatever follows.
        return candidates().stream()
                .filter(c -> c.fits(wanted))
                .max(Comparator.comparing((Candidate c) -> new DebianVersion(c.name()))
                        .thenComparing(Candidate::version));
    }

    private List<Candidate> candidates() {
        List<Candidate> all = new ArrayList<>();
        for (Path file : files()) {
            // Some tools write the colon of an epoch as %3a, as dpkg-repack and apt do.
            Matcher matcher = FILE_NAME.matcher(file.getFileName().toString().replace("%3a", ":"));
            if (matcher.matches()) {
                all.add(new Candidate(file, matcher.group(1), new DebianVersion(matcher.group(2)), matcher.group(3)));
            }
        }
        return all;
    }

    private List<Path> files() {
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(f -> f.toString().endsWith(".deb")).sorted().toList();
        } catch (IOException e) {
            throw new HostMistake(
                    "the folder of " + FOLDER_VARIABLE + " can't be read: " + e,
                    PackageSource.remedy(List.of(WantedPackage.KERNEL, WantedPackage.BUSYBOX)),
                    e);
        }
    }

    private HostMistake missing(List<WantedPackage> wanted) {
        String there = String.join(
                ", ", files().stream().map(f -> f.getFileName().toString()).toList());
        String names =
                String.join(", ", wanted.stream().map(WantedPackage::example).toList());
        return new HostMistake(
                "the folder " + folder + " lacks packages; wanted: " + names + "; found: "
                        + (there.isEmpty() ? "no .deb file" : there),
                PackageSource.remedy(wanted));
    }
}
