// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import com.sun.jna.Function;
import com.sun.jna.JNIEnv;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.Map;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.RawMemory;

/**
 * ioctl(2) without anything between Java and the kernel: a native method whose few bytes of machine code are made here, in a page
 * of their own that can't be written any more when it can be executed.
 *
 * <p>A guest's every access to a device goes through it. JNA turns the arguments into a call at run time, in code and data of
 * many pages, and that after an exit, when the host's CPU has forgotten them: in nested KVM, with 68 microseconds for an exit in
 * a plain loop in C, it took 87 through JNA and 69 this way (medians of 25 rounds of 2000, in turns). Where the host
 * allows no such page JNA has to do.
 *
 * <p>To the JVM this is a native method like others: a garbage collection doesn't wait for the thread in it. Threads: any.
 * Errors: the kernel's number, negated; errno isn't touched.
 *
 * @spec System V ABI, AMD64 supplement, 3.2.3 and A.2.1; Java Native Interface, RegisterNatives
 */
final class SystemCall {
    /** From a native method's arguments (RDI and RSI: environment and class) to those of the kernel. */
    private static final byte[] CODE = {
        (byte) 0x89,
        (byte) 0xD7, // mov edi, edx: descriptor
        0x48,
        (byte) 0x89,
        (byte) 0xCE, // mov rsi, rcx: request
        0x4C,
        (byte) 0x89,
        (byte) 0xC2, // mov rdx, r8: argument
        (byte) 0xB8,
        16,
        0,
        0,
        0, // mov eax, 16: ioctl
        0x0F,
        0x05, // syscall
        (byte) 0xC3 // ret
    };

    /** Where in the table of JNI's functions RegisterNatives is. */
    private static final long REGISTER_NATIVES = 215;

    private static final int METHOD_BYTES = 3 * Long.BYTES;
    private static final Map<String, Object> WITH_OBJECTS = Map.of(Library.OPTION_ALLOW_OBJECTS, true);
    private static final boolean DIRECT = KvmDescriptor.hostCouldHaveKvm() && bind();

    private SystemCall() {}

    /** Whether JNA is passed by here. */
    static boolean isDirect() {
        return DIRECT;
    }

    /** As {@link Libc#ioctl}; negative if it fails, and then the error's number. */
    static int ioctl(int descriptor, long request, long argument) {
        return DIRECT ? direct(descriptor, request, argument) : throughLibrary(descriptor, request, argument);
    }

    static int throughLibrary(int descriptor, long request, long argument) {
        int answer = Libc.ioctl(descriptor, request, argument);
        return answer < 0 ? -Libc.errno() : answer;
    }

    private static native int direct(int descriptor, long request, long argument);

    private static boolean bind() {
        long page = Libc.mmap(
                0, GuestMemory.PAGE_BYTES, Libc.PROT_READ_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (page == -1) {
            return false;
        }
        RawMemory.copy(CODE, 0, page, CODE.length);
        // The page is kept as long as this class, which may be called at any time.
        if (Libc.mprotect(page, GuestMemory.PAGE_BYTES, Libc.PROT_READ_EXECUTE) == 0 && register(page)) {
            return true;
        }
        Libc.munmap(page, GuestMemory.PAGE_BYTES);
        return false;
    }

    private static boolean register(long code) {
        try (Memory name = text("direct");
                Memory signature = text("(IJJ)I");
                Memory method = new Memory(METHOD_BYTES)) {
            method.setPointer(0, name);
            method.setPointer(Long.BYTES, signature);
            method.setLong(2L * Long.BYTES, code);
            Object[] arguments = {JNIEnv.CURRENT, SystemCall.class, method, 1};
            return Function.getFunction(registerNatives())
                    .invoke(Integer.class, arguments, WITH_OBJECTS)
                    .equals(0);
        }
    }

    /** An environment is the address of JNI's table, which only a native function can be shown: so one copies it. */
    private static Pointer registerNatives() {
        try (Memory table = new Memory(Long.BYTES)) {
            Object[] arguments = {table, JNIEnv.CURRENT, (long) Long.BYTES};
            NativeLibrary.getInstance("c").getFunction("memcpy").invoke(Pointer.class, arguments, WITH_OBJECTS);
            return table.getPointer(0).getPointer(REGISTER_NATIVES * Long.BYTES);
        }
    }

    private static Memory text(String ascii) {
        Memory copy = new Memory(ascii.length() + 1L);
        copy.setString(0, ascii);
        return copy;
    }
}
