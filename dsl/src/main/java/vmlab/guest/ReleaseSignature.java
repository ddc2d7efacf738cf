// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vmlab.vmm.HostMistake;

/**
 * Checks who signed an archive's InRelease file, with {@code gpgv} and the keyrings apt would use: those of Signed-By (a
 * path, or the key itself), else the distribution's keyring, else apt's trusted ones.
 *
 * <p>Not modelled: Signed-By as fingerprints (any key of the trusted keyrings will do), Valid-Until. A host without gpgv or
 * without a keyring can't check: that is told as a notice, since such a host has no better way of its own.
 *
 * @spec sources.list(5) of apt 2.6, Signed-By; RFC 9580, section 6 (armor) and 7 (cleartext signatures)
 */
final class ReleaseSignature {
    private static final String BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----";
    private static final String SIGNATURE = "-----BEGIN PGP SIGNATURE-----";
    private static final String END = "-----END PGP SIGNATURE-----";
    private static final long GPGV_SECONDS = 30;

    private final String signedBy;
    private final Path aptFolder;
    private final Path keyringFolder;
    private final String gpgv;

    ReleaseSignature(String signedBy, Path aptFolder, Path keyringFolder, String gpgv) {
        this.signedBy = signedBy;
        this.aptFolder = aptFolder;
        this.keyringFolder = keyringFolder;
        this.gpgv = gpgv;
    }

    /**
     * The text that was signed, once the signature was found good, or could not be checked here.
     *
     * @param folder where temporary files may be written
     * @throws HostMistake if the signature is bad, or by nobody who is trusted
     */
    String verified(byte[] inRelease, String name, Path folder, Progress progress) throws IOException {
        String text = signedText(new String(inRelease, StandardCharsets.UTF_8), name);
        Files.createDirectories(folder);
        Path work = Files.createTempDirectory(folder, "signature");
        try {
            List<Path> keyrings = keyrings(work);
            if (keyrings.isEmpty()) {
                progress.notice("no keyring of Debian here: the signature of " + name + " is not checked");
            } else {
                check(Files.write(work.resolve("InRelease"), inRelease), name, keyrings, progress);
            }
        } finally {
            GuestCache.deleteTree(work);
        }
        return text;
    }

    /** Only what the signature covers: text before or after it would be anybody's. */
    static String signedText(String inRelease, String name) throws IOException {
        List<String> lines = inRelease.lines().toList();
        int header = lines.indexOf("");
        int signature = lines.indexOf(SIGNATURE);
        boolean whole = !lines.isEmpty()
                && lines.get(0).equals(BEGIN)
                && header > 0
                && header < signature
                && lines.lastIndexOf(BEGIN) == 0
                && lines.indexOf(END) == lines.size() - 1;
        if (!whole) {
            throw new ArchiveFailure("no clear-signed file (a login page, perhaps?): " + name);
        }
        return lines.subList(header + 1, signature).stream()
                .map(line -> line.startsWith("- ") ? line.substring(2) : line)
                .collect(Collectors.joining("\n"));
    }

    private void check(Path inRelease, String name, List<Path> keyrings, Progress progress) throws IOException {
        List<String> command = new ArrayList<>(List.of(gpgv, "--status-fd", "1"));
        keyrings.forEach(ring ->
                command.addAll(List.of("--keyring", ring.toAbsolutePath().toString())));
        command.add(inRelease.toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of("LC_ALL", "C", "GNUPGHOME", inRelease.getParent().toString()));
        Optional<Process> started = started(builder);
        if (started.isEmpty()) {
            progress.notice("no gpgv here: the signature of " + name + " is not checked");
            return;
        }
        String report = report(started.get());
        if (report.contains("[GNUPG:] BADSIG") || !report.contains("[GNUPG:] VALIDSIG")) {
            throw new HostMistake(
                    "the signature of " + name + " is not good: " + reason(report),
                    "if this is a mirror of your own, give the keyring of its signer in the Signed-By of apt's source; "
                            + "otherwise update the package debian-archive-keyring, or use another mirror ("
                            + PackageSource.MIRROR_VARIABLE + ")");
        }
    }

    private static Optional<Process> started(ProcessBuilder builder) {
        try {
            return Optional.of(builder.start());
        } catch (IOException e) {
            // There is no such program: the caller says so.
            return Optional.empty();
        }
    }

    private static String report(Process process) throws IOException {
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(GPGV_SECONDS, TimeUnit.SECONDS)) {
                process.destroy();
                throw new IOException("gpgv doesn't end");
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while checking a signature");
        }
        return text;
    }

    private static String reason(String report) {
        return report.lines()
                .filter(line -> line.startsWith("gpgv: ") && (line.contains("BAD") || line.contains("Can't check")))
                .findFirst()
                .orElse("gpgv finds no valid signature");
    }

    private List<Path> keyrings(Path work) throws IOException {
        if (signedBy.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
            return List.of(binary(signedBy, work.resolve("own.gpg")));
        }
        List<Path> rings = new ArrayList<>();
        for (String part : signedBy.split("[\\s,]+")) {
            if (part.startsWith("/")) {
                rings.add(Path.of(part));
            }
        }
        if (rings.isEmpty()) {
            rings.add(keyringFolder.resolve("debian-archive-keyring.gpg"));
            rings.add(aptFolder.resolve("trusted.gpg"));
            rings.addAll(children(aptFolder.resolve("trusted.gpg.d")));
        }
        List<Path> readable = new ArrayList<>();
        for (Path ring : rings) {
            if (Files.isReadable(ring) && Files.size(ring) > 0) {
                readable.add(
                        ring.toString().endsWith(".asc")
                                ? binary(Files.readString(ring), work.resolve(readable.size() + ".gpg"))
                                : ring);
            }
        }
        return readable;
    }

    private static List<Path> children(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().matches(".*\\.(gpg|asc)"))
                    .sorted()
                    .toList();
        }
    }

    /** gpgv reads no armor: the base64 lines between the headers' empty line and the checksum, as bytes. */
    static Path binary(String armored, Path target) throws IOException {
        StringBuilder base64 = new StringBuilder();
        boolean body = false;
        for (String raw : armored.lines().toList()) {
            String line = raw.strip();
            if (line.startsWith("-----BEGIN") || line.contains(": ")) {
                body = false;
            } else if (line.isEmpty() || line.equals(".")) {
                // deb822 writes an empty line of a value as a dot
                body = true;
            } else if (line.startsWith("=") || line.startsWith("-----END")) {
                body = false;
            } else if (body) {
                base64.append(line);
            }
        }
        return Files.write(target, Base64.getDecoder().decode(base64.toString()));
    }
}
