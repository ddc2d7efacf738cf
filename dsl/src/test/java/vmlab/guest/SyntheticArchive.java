// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** A small Debian archive on the loopback interface, made in the test, with what can go wrong on the way to it. */
final class SyntheticArchive implements AutoCloseable {
    static final byte[] KERNEL = bytesOf("kernel ", 300_000);
    static final byte[] BUSYBOX = bytesOf("busybox ", 1_000);
    static final String KERNEL_DEB = "pool/k/linux-image-6.1.0-50-686_6.1.176-1_i386.deb";
    static final String BUSYBOX_DEB = "pool/b/busybox-static_1.35.0-4_i386.deb";
    static final String IN_RELEASE = "dists/bookworm/InRelease";
    static final String INDEX = "dists/bookworm/main/binary-i386/Packages.xz";

    /** What was asked for: path, and after a blank the Range if there was one. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    /** The next answer for a path ends after so many bytes of the body. */
    final Map<String, Integer> cutOnceAt = new ConcurrentHashMap<>();

    /** The next so many answers for a path have their last byte changed. */
    final Map<String, Integer> damagedTimes = new ConcurrentHashMap<>();

    final Map<String, byte[]> files = new ConcurrentHashMap<>();
    boolean ranges = true;

    /** Whether the connection stays open, with nothing more coming, after such a cut. */
    boolean silentAfterCut;

    private final List<HttpExchange> held = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    SyntheticArchive() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/debian/", this::answer);
        server.start();
        files.put(KERNEL_DEB, deb(Map.of("./boot/vmlinuz-6.1.0-50-686", KERNEL)));
        files.put(BUSYBOX_DEB, deb(Map.of("./bin/busybox", BUSYBOX)));
        publish(UnaryOperator.identity(), text -> signed(text).getBytes(StandardCharsets.UTF_8));
    }

    /** Makes index and InRelease; a test may change the index, and sign for itself. */
    void publish(UnaryOperator<String> indexChange, Signer signer) throws IOException {
        String index = indexChange.apply(index());
        files.put(INDEX, xz(index.getBytes(StandardCharsets.UTF_8)));
        files.put(IN_RELEASE, signer.sign(release()));
    }

    interface Signer {
        byte[] sign(String text) throws IOException;
    }

    private String index() {
        return "Package: linux-image-686\nVersion: 6.1.176-1\nDepends: linux-image-6.1.0-50-686 (= 6.1.176-1)\n"
                + "Filename: pool/k/meta.deb\nSize: 1\nSHA256: " + "0".repeat(64) + "\n\n"
                + stanza("linux-image-6.1.0-47-686", "6.1.170-3", KERNEL_DEB)
                + stanza("linux-image-6.1.0-50-686-pae", "6.1.176-1", KERNEL_DEB)
                + stanza("linux-image-6.1.0-50-686", "6.1.176-1", KERNEL_DEB)
                + stanza("busybox-static", "1:1.35.0-4+deb12u1", BUSYBOX_DEB);
    }

    private String stanza(String name, String version, String file) {
        byte[] deb = files.get(file);
        return "Package: " + name + "\nVersion: " + version + "\nDescription: a package\n of the test\nFilename: "
                + file + "\nSize: " + deb.length + "\nSHA256: " + sha256(deb) + "\n\n";
    }

    private String release() {
        byte[] index = files.get(INDEX);
        return "Origin: Debian\nSuite: oldstable\nCodename: bookworm\nSHA256:\n " + sha256(index) + " " + index.length
                + " main/binary-i386/Packages.xz\n";
    }

    /** Signed in form only: for tests in which nobody checks. */
    static String signed(String text) {
        return "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n" + text
                + "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n";
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/debian";
    }

    /** This archive as the only source, with keyrings from a folder, or none. */
    DebianArchive source(Path keyrings, String signedBy) {
        AptSources.Source source = new AptSources.Source(address(), "bookworm", List.of("main"), signedBy, false);
        return source(List.of(source), keyrings);
    }

    static DebianArchive source(List<AptSources.Source> sources, Path keyrings) {
        return source(sources, keyrings, Duration.ofSeconds(20));
    }

    static DebianArchive source(List<AptSources.Source> sources, Path keyrings, Duration stall) {
        Download download = new Download(ProxySelector.of(null), stall);
        return new DebianArchive(sources, keyrings, keyrings, "gpgv", () -> download);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath().substring("/debian/".length());
        String range = exchange.getRequestHeaders().getFirst("Range");
        requests.add(range == null ? path : path + " " + range);
        byte[] whole = files.get(path);
        if (whole == null) {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
            return;
        }
        int from = range == null || !ranges ? 0 : Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
        byte[] body = java.util.Arrays.copyOfRange(whole, from, whole.length);
        if (damagedTimes.merge(path, -1, Integer::sum) >= 0) {
            body[body.length - 1] ^= 1;
        }
        if (from > 0) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (whole.length - 1) + "/" + whole.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length);
        Integer cut = cutOnceAt.remove(path);
        OutputStream out = exchange.getResponseBody();
        out.write(body, 0, cut == null ? body.length : cut);
        out.flush();
        if (cut != null && silentAfterCut) {
            held.add(exchange);
        } else {
            exchange.close();
        }
    }

    @Override
    public void close() {
        held.forEach(HttpExchange::close);
        server.stop(0);
    }

    /** A package with these files, its data compressed by xz. */
    static byte[] deb(Map<String, byte[]> contents) throws IOException {
        return ar("data.tar.xz", xz(tar(contents)));
    }

    static byte[] ar(String dataName, byte[] data) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("debian-binary", "2.0\n".getBytes(StandardCharsets.US_ASCII));
        members.put(dataName, data);
        try (ArArchiveOutputStream ar = new ArArchiveOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> member : members.entrySet()) {
                ar.putArchiveEntry(new ArArchiveEntry(member.getKey(), member.getValue().length));
                ar.write(member.getValue());
                ar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    static byte[] tar(Map<String, byte[]> contents) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : contents.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    static byte[] xz(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (XZOutputStream xz = new XZOutputStream(bytes, new LZMA2Options(0))) {
            xz.write(plain);
        }
        return bytes.toByteArray();
    }

    /** Bytes that compress badly, the same each time. */
    private static byte[] bytesOf(String start, int size) {
        byte[] bytes = new byte[size];
        new java.util.Random(size).nextBytes(bytes);
        byte[] head = start.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(head, 0, bytes, 0, head.length);
        return bytes;
    }

    static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(Checksum.digest().digest(bytes));
    }
}
