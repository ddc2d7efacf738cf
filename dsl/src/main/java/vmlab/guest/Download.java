// SPDX-License-Identifier: Apache-2.0
package vmlab.guest;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import vmlab.vmm.HostMistake;

/**
 * Brings files over http and https: whole small ones into memory, large ones onto the disk, where an interrupted one goes
 * on from what is there. A file that came damaged is brought once more from its beginning.
 *
 * <p>Follows redirects. Not modelled: several connections at once. One thread at a time.
 *
 * <p>Errors: {@link ArchiveFailure} when the network or the server fails, {@link Missing} when the server has no such
 * file, {@link HostMistake} when it keeps sending something else than expected, other {@link IOException}s of the disk.
 *
 * @spec RFC 9110, section 14: Range requests
 */
final class Download {
    private static final Duration CONNECT = Duration.ofSeconds(15);
    private static final int TRIES = 4;
    private static final int PARTIAL = 206;
    private static final int OK = 200;
    private static final int RANGE_NOT_SATISFIABLE = 416;

    private final HttpClient client;
    private final Duration stall;

    /** The server answered that it has no such file. */
    static final class Missing extends ArchiveFailure {
        Missing(String message) {
            super(message);
        }
    }

    /** This host's disk failed below the client, which would pass it off as a failure of the network. */
    private static final class DiskFailure extends UncheckedIOException {
        DiskFailure(IOException cause) {
            super(cause);
        }
    }

    /** @param stall how long to wait for the next byte */
    Download(ProxySelector proxies, Duration stall) {
        this.stall = stall;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(CONNECT)
                .proxy(proxies)
                .build();
    }

    /** A small file's bytes. */
    byte[] bytes(URI uri) throws IOException {
        HttpResponse<byte[]> response =
                awaited(client.sendAsync(request(uri, 0), HttpResponse.BodyHandlers.ofByteArray()), new AtomicLong());
        requireStatus(response, uri);
        return response.body();
    }

    /** Brings a file of known checksum to {@code target}, by way of {@code target}.part. */
    void file(URI uri, Path target, Checksum expected, Progress progress) throws IOException {
        Files.createDirectories(target.getParent());
        Path part = target.resolveSibling(target.getFileName() + ".part");
        progress.start(target.getFileName().toString(), expected.sizeBytes());
        Checksum found = transferred(uri, part, expected, progress);
        if (!found.equals(expected)) {
            Files.delete(part);
            progress.notice(target.getFileName() + " came damaged; once more");
            progress.start(target.getFileName().toString(), expected.sizeBytes());
            found = transferred(uri, part, expected, progress);
        }
        progress.done();
        if (!found.equals(expected)) {
            Files.delete(part);
            throw damaged(uri, expected, found);
        }
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    }

    private static HostMistake damaged(URI uri, Checksum expected, Checksum found) {
        return new HostMistake(
                "twice damaged: " + withoutUser(uri) + "\n  expected " + expected + "\n  found    " + found,
                "try again later, or another mirror in " + PackageSource.MIRROR_VARIABLE
                        + "; a proxy on the way may hold an old copy");
    }

    /** Tries until the file has its size, as long as a try brings something. */
    private Checksum transferred(URI uri, Path part, Checksum expected, Progress progress) throws IOException {
        if (Files.exists(part) && Files.size(part) > expected.sizeBytes()) {
            Files.delete(part);
        }
        progress.advance(sizeBytes(part));
        ArchiveFailure failure = null;
        for (int i = 0; i < TRIES && sizeBytes(part) < expected.sizeBytes(); i++) {
            long before = sizeBytes(part);
            try {
                transfer(uri, part, expected, progress);
                break;
            } catch (Missing e) {
                throw e;
            } catch (ArchiveFailure e) {
                failure = e;
                if (sizeBytes(part) <= before && i > 0) {
                    break;
                }
            }
        }
        if (failure != null && sizeBytes(part) < expected.sizeBytes()) {
            throw failure;
        }
        return Checksum.of(part);
    }

    private static long sizeBytes(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private void transfer(URI uri, Path part, Checksum expected, Progress progress) throws IOException {
        long from = sizeBytes(part);
        AtomicLong received = new AtomicLong();
        try (FileChannel file = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            HttpResponse<Void> response = awaited(
                    client.sendAsync(request(uri, from), appender(file, from, expected, received, progress)), received);
            if (response.statusCode() == RANGE_NOT_SATISFIABLE) {
                file.truncate(0);
                throw new ArchiveFailure("the server won't continue " + withoutUser(uri) + " at byte " + from);
            }
            requireStatus(response, uri);
        }
    }

    /** Writes the body to where it belongs; one that is no part of the file (an error's page) is let fall. */
    private static BodyHandler<Void> appender(
            FileChannel file, long from, Checksum expected, AtomicLong received, Progress progress) {
        return info -> {
            boolean continued = info.statusCode() == PARTIAL
                    && info.headers().firstValue("Content-Range").orElse("").startsWith("bytes " + from + "-");
            if (!continued && info.statusCode() != OK) {
                return BodySubscribers.discarding();
            }
            long[] position = {continued ? from : 0};
            progress.advance(position[0] - from);
            return BodySubscribers.ofByteArrayConsumer(bytes -> bytes.ifPresent(b -> {
                append(file, position, b, expected);
                received.addAndGet(b.length);
                progress.advance(b.length);
            }));
        };
    }

    private static void append(FileChannel file, long[] position, byte[] bytes, Checksum expected) {
        // One byte too many is enough to see that it is longer than it may be; the disk needn't fill.
        int wanted = (int) Math.min(bytes.length, expected.sizeBytes() + 1 - position[0]);
        try {
            if (position[0] == 0) {
                file.truncate(0);
            }
            ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, wanted);
            while (buffer.hasRemaining()) {
                position[0] += file.write(buffer, position[0]);
            }
        } catch (IOException e) {
            throw new DiskFailure(e);
        }
    }

    private <T> HttpResponse<T> awaited(CompletableFuture<HttpResponse<T>> answer, AtomicLong received)
            throws IOException {
        long before = -1;
        while (true) {
            try {
                return answer.get(stall.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (received.get() <= Math.max(before, 0)) {
                    answer.cancel(true);
                    throw new ArchiveFailure("no answer for " + stall.toSeconds() + " s", e);
                }
                before = received.get();
            } catch (ExecutionException | CancellationException e) {
                throw unwrapped(e);
            } catch (InterruptedException e) {
                answer.cancel(true);
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while downloading");
            }
        }
    }

    private static IOException unwrapped(Exception failure) {
        String text = failure.toString();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof DiskFailure disk) {
                return disk.getCause();
            }
            // The client's own exceptions for these say nothing.
            if (t instanceof UnresolvedAddressException) {
                text = "its name can't be resolved";
            } else if (t instanceof ConnectException) {
                text = "no connection can be made";
            } else if (t.getMessage() != null) {
                text = t.getMessage();
            }
        }
        return new ArchiveFailure(text, failure);
    }

    private static void requireStatus(HttpResponse<?> response, URI uri) throws IOException {
        int status = response.statusCode();
        if (status == 404 || status == 410) {
            throw new Missing("no such file: " + withoutUser(uri));
        }
        if (status != OK && status != PARTIAL) {
            throw new ArchiveFailure("HTTP status " + status + " for " + withoutUser(uri));
        }
    }

    private static HttpRequest request(URI uri, long from) {
        HttpRequest.Builder request = HttpRequest.newBuilder(withoutUser(uri)).header("User-Agent", "vmlab");
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        if (uri.getUserInfo() != null) {
            byte[] user = uri.getUserInfo().getBytes(StandardCharsets.UTF_8);
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(user));
        }
        return request.GET().build();
    }

    /** The address without a name and password in it: what may be sent in a request line, or shown. */
    static URI withoutUser(URI uri) {
        return uri.getRawUserInfo() == null ? uri : URI.create(uri.toString().replaceFirst("//[^/@]*@", "//"));
    }
}
