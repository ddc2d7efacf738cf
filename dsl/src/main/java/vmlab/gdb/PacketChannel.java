// SPDX-License-Identifier: Apache-2.0
package vmlab.gdb;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Packets of the protocol over two streams. A packet's octets are the characters of a string, one each, escapes undone.
 *
 * <p>What can't be a packet is skipped, as a serial line's noise; one with a wrong checksum or too long is asked for again
 * as long as acknowledgements are on. Threads: one receives, any send.
 *
 * @spec GDB manual, appendix E.1 (overview of the protocol), E.11 (packet acknowledgment)
 */
final class PacketChannel {
    /** Octets between {@code $} and {@code #}. */
    static final int MOST_BYTES = 0x4000;

    private static final int ESCAPE = '}';
    private static final int ESCAPE_BIT = 0x20;
    private static final int INTERRUPT_OCTET = 3;

    /** What was received; {@code packet} is empty but for a packet. */
    record Received(Kind kind, String packet) {
        enum Kind {
            PACKET,
            INTERRUPT,
            END
        }
    }

    private static final Received INTERRUPT = new Received(Received.Kind.INTERRUPT, "");
    private static final Received END = new Received(Received.Kind.END, "");

    private final InputStream in;
    private final OutputStream out;
    private boolean acknowledges = true;
    private String lastSent;

    PacketChannel(InputStream in, OutputStream out) {
        this.in = new BufferedInputStream(in);
        this.out = new BufferedOutputStream(out);
    }

    /** From now on no packet is acknowledged, from neither side. */
    synchronized void stopAcknowledging() {
        acknowledges = false;
    }

    Received receive() throws IOException {
        while (true) {
            int octet = in.read();
            if (octet < 0) {
                return END;
            }
            if (octet == INTERRUPT_OCTET) {
                return INTERRUPT;
            }
            if (octet == '-') {
                sendAgain();
            }
            if (octet == '$') {
                Received packet = packet();
                if (packet != null) {
                    return packet;
                }
            }
        }
    }

    /** The rest of a packet; null if it was damaged. */
    private Received packet() throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int sum = 0;
        int octet = in.read();
        while (octet >= 0 && octet != '#') {
            sum += octet;
            if (content.size() <= MOST_BYTES) {
                content.write(octet);
            }
            octet = in.read();
        }
        int announced = hexDigit(in.read()) << 4 | hexDigit(in.read());
        if (octet < 0) {
            return END;
        }
        boolean whole = announced == (sum & 0xFF) && content.size() <= MOST_BYTES;
        acknowledge(whole);
        return whole ? new Received(Received.Kind.PACKET, unescaped(content.toByteArray())) : null;
    }

    private static int hexDigit(int octet) {
        return octet < 0 ? -1 : Character.digit(octet, 16);
    }

    private static String unescaped(byte[] content) {
        StringBuilder text = new StringBuilder(content.length);
        for (int i = 0; i < content.length; i++) {
            boolean escaped = content[i] == ESCAPE && i + 1 < content.length;
            text.append((char) (escaped ? content[++i] & 0xFF ^ ESCAPE_BIT : content[i] & 0xFF));
        }
        return text.toString();
    }

    private synchronized void acknowledge(boolean whole) throws IOException {
        if (acknowledges) {
            out.write(whole ? '+' : '-');
            out.flush();
        }
    }

    private synchronized void sendAgain() throws IOException {
        if (acknowledges && lastSent != null) {
            write(lastSent);
        }
    }

    synchronized void send(String packet) throws IOException {
        lastSent = packet;
        write(packet);
    }

    private void write(String packet) throws IOException {
        StringBuilder escaped = new StringBuilder(packet.length() + 4);
        for (char c : packet.toCharArray()) {
            if (c == '$' || c == '#' || c == ESCAPE || c == '*') {
                escaped.append((char) ESCAPE).append((char) (c ^ ESCAPE_BIT));
            } else {
                escaped.append(c);
            }
        }
        int sum = escaped.chars().sum() & 0xFF;
        out.write(("$" + escaped + "#%02x".formatted(sum)).getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }
}
