// SPDX-License-Identifier: Apache-2.0
package vmlab.gdb;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.vmm.HostMistake;

/**
 * Waits on loopback for a gdb, one at a time; a second one waits until the first has left. While one is there, the guest is
 * its to stop and let go on.
 *
 * <p>Threads: its own, which ends by {@link #close()}; any may call that. Errors: {@link HostMistake} if the port is taken.
 */
public final class GdbServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GdbServer.class);

    private final DebugTarget target;
    private final ServerSocket socket;
    private final Thread thread;
    private volatile Socket client;
    private volatile boolean closed;

    private GdbServer(DebugTarget target, ServerSocket socket, String name) {
        this.target = target;
        this.socket = socket;
        thread = new Thread(this::serve, name);
        thread.setDaemon(true);
    }

    /**
     * Listens from now on.
     *
     * @param port 0 for one that is free
     * @param name of the thread
     */
    public static GdbServer listen(DebugTarget target, int port, String name) {
        Objects.requireNonNull(target);
        try {
            ServerSocket socket = new ServerSocket();
            try {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), 1);
            } catch (IOException e) {
                socket.close();
                throw e;
            }
            GdbServer server = new GdbServer(target, socket, name);
            server.thread.start();
            return server;
        } catch (IOException e) {
            throw new HostMistake(
                    "no gdb can be waited for at port " + port + ": " + e.getMessage(),
                    "take another port, or 0 for any that is free",
                    e);
        }
    }

    public int port() {
        return socket.getLocalPort();
    }

    /** Whether a gdb is there now. */
    public boolean isAttached() {
        return client != null;
    }

    private void serve() {
        while (!closed) {
            try (Socket accepted = socket.accept()) {
                client = accepted;
                accepted.setTcpNoDelay(true);
                new GdbSession(target, new PacketChannel(accepted.getInputStream(), accepted.getOutputStream()))
                        .serve();
            } catch (IOException e) {
                LOG.debug("gdb's connection has ended: {}", e.toString());
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("serving gdb failed", e);
            } finally {
                client = null;
            }
        }
    }

    /** How to attach. */
    @Override
    public String toString() {
        return "gdb -ex 'target remote localhost:%d'".formatted(port());
    }

    /** Ends it; a gdb that is there sees its connection end, and the guest goes on. */
    @Override
    public void close() {
        closed = true;
        try {
            socket.close();
            Socket present = client;
            if (present != null) {
                present.close();
            }
        } catch (IOException e) {
            LOG.debug("closing what gdb was waited for at: {}", e.toString());
        }
        joinUnlessCurrent();
    }

    private void joinUnlessCurrent() {
        if (Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
