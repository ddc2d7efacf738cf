// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;

/**
 * Values of a record type as octets and back.
 *
 * <p>A component is a primitive, a string, an enum, an array of octets, ints or longs, another record, an {@link vmlab.vmm.FxImage}, or
 * an optional, a list or a map of such. Anything else is refused when the codec is made. Nothing in the octets names a
 * class: who reads says what to read, and the record's constructor checks it.
 *
 * <p>Threads: any. Errors: octets that aren't such a record are an {@link IllegalArgumentException}.
 */
public final class RecordCodec<R extends Record> {
    private final Form form;

    private RecordCodec(Form form) {
        this.form = form;
    }

    /**
     * The codec of a type.
     *
     * @throws IllegalArgumentException if it has a component that can't be written
     */
    public static <R extends Record> RecordCodec<R> of(Class<R> type) {
        return new RecordCodec<>(Forms.of((Type) type));
    }

    /** The names and types of all it writes: two types with the same schema read each other's octets. */
    public String schema() {
        return form.schema();
    }

    public byte[] encode(R value) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(octets)) {
            form.write(value, out);
        } catch (IOException e) {
            throw new UncheckedIOException("an array refused octets", e);
        }
        return octets.toByteArray();
    }

    @SuppressWarnings("unchecked")
    public R decode(byte[] octets) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(octets))) {
            R value = (R) form.read(in);
            if (in.available() > 0) {
                throw new IllegalArgumentException(in.available() + " octets too many");
            }
            return value;
        } catch (IOException e) {
            throw new IllegalArgumentException("the octets end too early, or aren't text", e);
        }
    }
}
