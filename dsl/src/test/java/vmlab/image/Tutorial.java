// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a learner of the CAmkES tutorials types: a program, a module, and their Makefiles. */
public final class Tutorial {
    public static final String HELLO_C = """
            #include <stdio.h>

            int main(int argc, char *argv[]) {
                printf("Hello, World!\\n");
                return 0;
            }
            """;
    public static final String HELLO_MAKEFILE = """
            TARGET = hello

            include ../../common.mk
            include ../../common_app.mk

            hello: hello.o
            \t$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@
            """;
    public static final String POKE_C = """
            #include <linux/module.h>
            #include <linux/kernel.h>
            #include <linux/init.h>
            #include <linux/fs.h>

            #include <asm/uaccess.h>
            #include <asm/kvm_para.h>
            #include <asm/io.h>
            #include <poke.h>

            #define DEVICE_NAME "poke"

            static int major_number;

            static ssize_t poke_write(struct file *f, const char __user *b, size_t s, loff_t *o) {
                printk("hi\\n");  // TODO replace with hypercall
                return s;
            }

            struct file_operations fops = {
                .write = poke_write,
            };

            static int __init poke_init(void) {
                major_number = register_chrdev(0, DEVICE_NAME, &fops);
                printk(KERN_INFO "%s initialized with major number %d\\n", DEVICE_NAME, major_number);
                return 0;
            }

            static void __exit poke_exit(void) {
                unregister_chrdev(major_number, DEVICE_NAME);
                printk(KERN_INFO "%s exit\\n", DEVICE_NAME);
            }

            module_init(poke_init);
            module_exit(poke_exit);
            """;
    public static final String POKE_MAKEFILE = """
            obj-m += poke.o
            CFLAGS_poke.o = -I../../include -I../../../common/shared_include

            all:
            \tmake -C $(KHEAD) M=$(PWD) modules

            clean:
            \tmake -C $(KHEAD) M=$(PWD) clean
            """;

    private Tutorial() {}

    /** Writes both exercises into a folder. */
    public static Path write(Path folder) throws IOException {
        file(folder.resolve("pkg/hello/hello.c"), HELLO_C);
        file(folder.resolve("pkg/hello/Makefile"), HELLO_MAKEFILE);
        file(folder.resolve("modules/poke/poke.c"), POKE_C);
        file(folder.resolve("modules/poke/Makefile"), POKE_MAKEFILE);
        return folder;
    }

    /** Writes a file and its folders. */
    public static void file(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    /** A kit of these files: name, content, name, content… */
    public static SortedMap<String, byte[]> kit(String... namesAndContents) {
        SortedMap<String, byte[]> kit = new TreeMap<>();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            kit.put(namesAndContents[i], namesAndContents[i + 1].getBytes(StandardCharsets.UTF_8));
        }
        return kit;
    }
}
