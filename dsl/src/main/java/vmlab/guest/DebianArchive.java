// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;
import vmlab.vmm.HostMistake;

/**
 * A Debian archive on the network: its signed InRelease gives the hash of its index, the index the hash of each package.
 *
 * <p>The addresses are the host's own apt sources, those of the wanted suite first; a host with another release of Debian
 * has the same mirror for it. So no mirror is named in this code. vmlab downloads by itself instead of driving apt-get:
 * the same path works on hosts that have no apt, an interrupted download goes on, its progress can be shown, and nothing
 * of the host's package state is touched. What apt would add is done here: its proxy setting, its keyrings, its hashes.
 *
 * <p>Not modelled: the security and updates suites (the main suite of a point release is enough, and its kernel stays
 * downloadable), apt's auth.conf (a name and password in the address work), index differences.
 *
 * @spec Debian wiki, DebianRepository/Format: "Release" files, Acquire-By-Hash, "Packages" indices
 */
final class DebianArchive implements PackageSource {
    private static final Path SYSTEM_KEYRINGS = Path.of("/usr/share/keyrings");
    private static final Duration STALL = Duration.ofSeconds(60);
    private static final Pattern DEPENDENCY = Pattern.compile("([a-z0-9][a-z0-9+.-]+)");

    private final List<AptSources.Source> sources;
    private final Path aptFolder;
    private final Path keyringFolder;
    private final String gpgv;
    private final Supplier<Download> downloads;
    private Optional<Download> opened = Optional.empty();

    DebianArchive(
            List<AptSources.Source> sources,
            Path aptFolder,
            Path keyringFolder,
            String gpgv,
            Supplier<Download> downloads) {
        this.sources = List.copyOf(sources);
        this.aptFolder = aptFolder;
        this.keyringFolder = keyringFolder;
        this.gpgv = gpgv;
        this.downloads = downloads;
    }

    static DebianArchive of(Map<String, String> environment, Path aptFolder) {
        return new DebianArchive(
                sources(environment, aptFolder),
                aptFolder,
                SYSTEM_KEYRINGS,
                "gpgv",
                () -> new Download(Proxies.ofHost(environment), STALL));
    }

    /** Where to ask, in this order: each archive once. */
    static List<AptSources.Source> sources(Map<String, String> environment, Path aptFolder) {
        String mirror = environment.getOrDefault(MIRROR_VARIABLE, "").strip();
        if (!mirror.isEmpty()) {
            return List.of(new AptSources.Source(checked(mirror), WantedPackage.SUITE, List.of("main"), "", false));
        }
        try {
            Map<String, AptSources.Source> byUri = new LinkedHashMap<>();
            AptSources.read(aptFolder).stream()
                    .filter(source -> source.components().contains("main"))
                    .sorted(Comparator.comparing(source -> !source.suite().equals(WantedPackage.SUITE)))
                    .forEach(source -> byUri.putIfAbsent(source.uri().replaceFirst("/+$", ""), source));
            return List.copyOf(byUri.values());
        } catch (IOException e) {
            throw new HostMistake(
                    "apt's sources in " + aptFolder + " can't be read: " + e,
                    PackageSource.remedy(List.of(WantedPackage.KERNEL, WantedPackage.BUSYBOX)),
                    e);
        }
    }

    private static String checked(String mirror) {
        if (!mirror.matches("https?://[^/\\s]+\\S*")) {
            throw new HostMistake(
                    MIRROR_VARIABLE + " is no http or https address: " + mirror,
                    "give the part before /dists of a Debian mirror's address; for a folder of .deb files use "
                            + FOLDER_VARIABLE);
        }
        return mirror;
    }

    private synchronized Download download() {
        if (opened.isEmpty()) {
            opened = Optional.of(downloads.get());
        }
        return opened.get();
    }

    @Override
    public boolean accepts(String origin, List<WantedPackage> wanted) {
        return true;
    }

    @Override
    public List<PackageFile> find(List<WantedPackage> wanted, GuestCache cache, Progress progress) throws IOException {
        if (sources.isEmpty()) {
            throw new HostMistake(
                    "this host's apt names no Debian archive over http or https (looked in " + aptFolder + ")",
                    PackageSource.remedy(wanted));
        }
        List<String> failures = new ArrayList<>();
        for (AptSources.Source source : sources) {
            try {
                return found(wanted, source, base(source), cache, progress);
            } catch (ArchiveFailure e) {
                failures.add(source.uri().replaceFirst("//[^/@]*@", "//") + ": " + e.getMessage());
            }
        }
        throw new HostMistake(
                "the guest's packages can't be had:\n  " + String.join("\n  ", failures), PackageSource.remedy(wanted));
    }

    private static URI base(AptSources.Source source) throws ArchiveFailure {
        try {
            URI uri = new URI(source.uri().endsWith("/") ? source.uri() : source.uri() + "/");
            if (uri.getHost() != null) {
                return uri;
            }
            throw new ArchiveFailure("names no host");
        } catch (URISyntaxException e) {
            throw new ArchiveFailure("is no address: " + e.getReason(), e);
        }
    }

    private List<PackageFile> found(
            List<WantedPackage> wanted, AptSources.Source source, URI base, GuestCache cache, Progress progress)
            throws IOException {
        Map<String, String> release = release(source, base, cache, progress);
        Map<WantedPackage, PackageFile> files = new HashMap<>();
        Map<String, List<WantedPackage>> byArchitecture =
                wanted.stream().collect(Collectors.groupingBy(WantedPackage::architecture));
        for (Map.Entry<String, List<WantedPackage>> each : byArchitecture.entrySet()) {
            Path index = index(release, "main/binary-" + each.getKey() + "/Packages", base, cache, progress);
            Map<String, Map<String, String>> stanzas = stanzas(index, each.getValue());
            for (WantedPackage one : each.getValue()) {
                files.put(one, packageFile(one, stanzas, base));
            }
        }
        return wanted.stream().map(files::get).toList();
    }

    private static Map<String, Map<String, String>> stanzas(Path index, List<WantedPackage> wanted) throws IOException {
        Map<String, Map<String, String>> stanzas = new HashMap<>();
        try (BufferedReader lines = lines(index)) {
            ControlFile control = new ControlFile(lines);
            for (Optional<Map<String, String>> s = control.next(); s.isPresent(); s = control.next()) {
                collect(stanzas, s.get(), wanted);
            }
        } finally {
            // 9 MB, never used again: what was found is kept.
            Files.deleteIfExists(index);
        }
        return stanzas;
    }

    private Map<String, String> release(AptSources.Source source, URI base, GuestCache cache, Progress progress)
            throws IOException {
        URI uri = base.resolve("dists/" + WantedPackage.SUITE + "/InRelease");
        byte[] signed = download().bytes(uri);
        String name = Download.withoutUser(uri).toString();
        String text = source.trusted()
                ? ReleaseSignature.signedText(new String(signed, StandardCharsets.UTF_8), name)
                : new ReleaseSignature(source.signedBy(), aptFolder, keyringFolder, gpgv)
                        .verified(signed, name, cache.path("download"), progress);
        Map<String, String> release = new ControlFile(new BufferedReader(new StringReader(text)))
                .next()
                .orElseThrow(() -> new ArchiveFailure("empty: " + name));
        if (!WantedPackage.SUITE.equals(release.get("codename"))) {
            throw new ArchiveFailure("it is not of " + WantedPackage.SUITE + " but of " + release.get("codename"));
        }
        return release;
    }

    /** The index, compressed as well as the archive can. */
    private Path index(Map<String, String> release, String index, URI base, GuestCache cache, Progress progress)
            throws IOException {
        Map<String, Checksum> listed = checksums(release);
        String name = List.of(index + ".xz", index + ".gz", index).stream()
                .filter(listed::containsKey)
                .findFirst()
                .orElseThrow(() -> new ArchiveFailure("its Release file lists no " + index));
        Checksum checksum = listed.get(name);
        Path target = cache.path("download/" + name.substring(name.lastIndexOf('/') + 1));
        Path part = target.resolveSibling(target.getFileName() + ".part");
        cache.requireSpace(checksum.sizeBytes());
        URI plain = base.resolve("dists/" + WantedPackage.SUITE + "/" + name);
        try {
            // By its hash first: a mirror in the middle of an update has the right index there.
            URI byHash = plain.resolve("by-hash/SHA256/" + checksum.sha256());
            boolean hasHashes = "yes".equals(release.get("acquire-by-hash"));
            download().file(hasHashes ? byHash : plain, target, checksum, progress);
        } catch (Download.Missing e) {
            Files.deleteIfExists(part);
            download().file(plain, target, checksum, progress);
        }
        return target;
    }

    private static Map<String, Checksum> checksums(Map<String, String> release) {
        Map<String, Checksum> checksums = new HashMap<>();
        for (String line : release.getOrDefault("sha256", "").lines().toList()) {
            String[] parts = line.strip().split("\\s+");
            if (parts.length == 3) {
                checksums.put(parts[2], new Checksum(Long.parseLong(parts[1]), parts[0]));
            }
        }
        return checksums;
    }

    private static BufferedReader lines(Path index) throws IOException {
        InputStream file = Files.newInputStream(index);
        try {
            String name = index.toString();
            InputStream plain = name.endsWith(".xz")
                    ? new XZInputStream(file)
                    : name.endsWith(".gz") ? new GZIPInputStream(file, 1 << 16) : file;
            return new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8), 1 << 16);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private static void collect(
            Map<String, Map<String, String>> stanzas, Map<String, String> stanza, List<WantedPackage> wanted) {
        String name = stanza.getOrDefault("package", "");
        boolean needed = wanted.stream()
                .anyMatch(
                        w -> w.name().equals(name) || w.concrete().matcher(name).matches());
        if (needed) {
            stanzas.merge(name, stanza, (one, other) -> version(one).compareTo(version(other)) < 0 ? other : one);
        }
    }

    private static DebianVersion version(Map<String, String> stanza) {
        return new DebianVersion(stanza.getOrDefault("version", "0"));
    }

    private static PackageFile packageFile(WantedPackage wanted, Map<String, Map<String, String>> stanzas, URI base)
            throws IOException {
        String name = wanted.metapackage() ? dependency(wanted, stanzas) : wanted.name();
        Map<String, String> stanza = stanzas.get(name);
        if (stanza == null) {
            throw new ArchiveFailure("its index has no package " + name);
        }
        String location = base.resolve(required(stanza, "filename")).toString();
        Checksum checksum = new Checksum(Long.parseLong(required(stanza, "size")), required(stanza, "sha256"));
        String origin = Download.withoutUser(URI.create(location)) + " " + checksum.sha256();
        return new PackageFile(name, version(stanza), origin, location, checksum);
    }

    private static String required(Map<String, String> stanza, String field) throws IOException {
        String value = stanza.get(field);
        if (value == null) {
            throw new ArchiveFailure("its index gives no " + field + " for " + stanza.get("package"));
        }
        return value;
    }

    private static String dependency(WantedPackage wanted, Map<String, Map<String, String>> stanzas)
            throws IOException {
        Map<String, String> metapackage = stanzas.get(wanted.name());
        if (metapackage == null) {
            throw new ArchiveFailure("its index has no package " + wanted.name());
        }
        Matcher names = DEPENDENCY.matcher(metapackage.getOrDefault("depends", ""));
        while (names.find()) {
            if (wanted.concrete().matcher(names.group(1)).matches()) {
                return names.group(1);
            }
        }
        throw new ArchiveFailure(wanted.name() + " depends on no package such as " + wanted.example() + ", but on "
                + metapackage.getOrDefault("depends", "nothing"));
    }

    @Override
    public Path obtain(PackageFile found, GuestCache cache, Progress progress) throws IOException {
        URI uri = URI.create(found.location());
        // The hash is in the name so that the rest of another version is never continued.
        String file = uri.getPath().substring(uri.getPath().lastIndexOf('/') + 1);
        Path target = cache.path("download/" + found.checksum().sha256().substring(0, 8) + "-" + file);
        if (Files.exists(target) && Checksum.of(target).equals(found.checksum())) {
            return target;
        }
        cache.requireSpace(found.checksum().sizeBytes());
        download().file(uri, target, found.checksum(), progress);
        return target;
    }
}
