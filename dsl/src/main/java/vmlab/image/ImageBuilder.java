// SPDX-License-Identifier: Apache-2.0
package vmlab.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import vmlab.crossvm.GuestKit;
import vmlab.dsl.model.GuestFile;
import vmlab.dsl.model.RootFs;
import vmlab.guest.DebianGuest;
import vmlab.guest.Digests;
import vmlab.guest.GuestCache;
import vmlab.guest.KernelModules;
import vmlab.guest.Progress;
import vmlab.guest.ToolTree;
import vmlab.vmm.HostMistake;

/**
 * Builds guest images: the default guest, and in it what a {@link RootFs} names. The same input gives the same bytes on
 * every host; what didn't change isn't built again.
 *
 * <p>Where things go, as the CAmkES tutorials' tool has it: modules to {@code /lib/modules/RELEASE/kernel/drivers/vmm},
 * programs to {@code /usr/sbin}, {@code init_template} to {@code /init}, {@code camkes_init} to {@code
 * /etc/init.d/S90camkes_init}, texts to {@code /opt}. Modules of Debian's kernel that a module depends on come along.
 *
 * <p>Not modelled: modules that need each other's symbols, 64-bit guests. Threads: any number of threads and processes may
 * build at once; those with the same sources wait for each other.
 *
 * <p>Errors: {@link BuildMistake} for the author of the sources, {@link HostMistake} for the owner of the host.
 */
public final class ImageBuilder {
    private static final int PLAIN_MODE = 0644;
    private static final int PROGRAM_MODE = 0755;

    private final GuestCache cache;
    private final Map<String, String> environment;
    private final DebianGuest guest;
    private final Progress progress;
    private final SortedMap<String, byte[]> kit = GuestKit.files();

    /**
     * An image.
     *
     * @param archive the cpio archive
     * @param warnings the compiler's, and what is odd about the sources
     */
    public record Image(Path archive, List<String> warnings) {
        public Image {
            Objects.requireNonNull(archive);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * A program or module that was built.
     *
     * @param path in the guest, without a leading slash
     */
    public record Product(String path, byte[] content) {}

    private record Built(List<Product> products, List<String> warnings) {}

    /**
     * Builds in a cache.
     *
     * @param environment VMLAB_DEBIAN_PACKAGES, VMLAB_DEBIAN_MIRROR, http_proxy and its kin
     */
    public ImageBuilder(GuestCache cache, Map<String, String> environment, DebianGuest guest, Progress progress) {
        this.cache = Objects.requireNonNull(cache);
        this.environment = Map.copyOf(environment);
        this.guest = Objects.requireNonNull(guest);
        this.progress = Objects.requireNonNull(progress);
    }

    /** Where a module's file is in guests with that kernel, without a leading slash but of a root. */
    static String modulePath(String kernelRelease, String file) {
        return "/lib/modules/" + kernelRelease + "/kernel/drivers/vmm/" + file;
    }

    /** Builds the image into the cache. */
    public Image build(RootFs rootfs) {
        try {
            ImageParts parts = ImageParts.of(rootfs.sources(), kit);
            Built built = built(parts, parts.modules(), parts.programs());
            vmlab.guest.RootFs.Builder files = vmlab.guest.RootFs.builder(guest.busybox());
            built.products().forEach(product -> files.file(product.path(), product.content(), PROGRAM_MODE));
            parts.texts()
                    .forEach((path, text) ->
                            files.file(path, text.content(), text.executable() ? PROGRAM_MODE : PLAIN_MODE));
            ModuleDependencies dependencies = dependencies(built);
            dependencies.modules().forEach(module -> files.file(module.path(), module.content(), PLAIN_MODE));
            parts.init(guest.kernelRelease())
                    .ifPresent(init -> files.file("init", dependencies.init(init), PROGRAM_MODE));
            parts.camkesInit().ifPresent(script -> files.file("etc/init.d/S90camkes_init", script, PROGRAM_MODE));
            for (GuestFile file : rootfs.files()) {
                byte[] content = content(file);
                files.file(file.path(), content, isProgram(content) ? PROGRAM_MODE : PLAIN_MODE);
            }
            List<String> warnings = Stream.concat(built.warnings().stream(), parts.warnings().stream())
                    .toList();
            return new Image(files.build(cache), warnings);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** What programs and modules are built with. */
    public ToolTree tools() {
        return ToolTree.fetch(cache, guest.kernelRelease(), environment, progress);
    }

    private ModuleDependencies dependencies(Built built) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        built.products().forEach(product -> files.put(product.path(), product.content()));
        return new ModuleDependencies(
                files, new KernelModules(cache, guest.kernelRelease(), environment, progress)::module);
    }

    /** Builds one program or module of those that an image is made of. */
    public List<Product> part(String name, RootFs rootfs) {
        try {
            ImageParts parts = ImageParts.of(rootfs.sources(), kit);
            List<Part> modules = parts.modules().stream()
                    .filter(part -> part.name().equals(name))
                    .toList();
            List<Part> programs = parts.programs().stream()
                    .filter(part -> part.name().equals(name))
                    .toList();
            if (modules.isEmpty() && programs.isEmpty()) {
                List<String> there = Stream.concat(parts.modules().stream(), parts.programs().stream())
                        .map(Part::name)
                        .toList();
                throw new BuildMistake(
                        "the image is made of no program or module " + name,
                        there.isEmpty()
                                ? "name its folder: rootfs { pkg 'pkg/" + name + "' }"
                                : "there are: " + String.join(", ", there));
            }
            return built(parts, modules, programs).products();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static HostMistake unreadable(IOException cause) {
        return new HostMistake("the image's sources can't be read: " + cause, "make them readable", cause);
    }

    private static byte[] content(GuestFile file) throws IOException {
        Object content = file.content();
        if (content instanceof Path path) {
            return Files.readAllBytes(path);
        }
        return content instanceof byte[] bytes ? bytes : content.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A script or an ELF file. */
    private static boolean isProgram(byte[] content) {
        return content.length > 3
                && (content[0] == '#' && content[1] == '!' || content[0] == 0x7F && content[1] == 'E');
    }

    private Built built(ImageParts parts, List<Part> modules, List<Part> programs) throws IOException {
        if (modules.isEmpty() && programs.isEmpty()) {
            return new Built(List.of(), List.of());
        }
        if (!guest.kernelRelease().endsWith("-686")) {
            throw new BuildMistake(
                    "programs and modules are built for Debian's i386 kernel; this guest's is " + guest.kernelRelease(),
                    "kernel_image = debian.kernel, or add what you built elsewhere: file 'usr/bin/x', new File('x')");
        }
        ToolTree tools = tools();
        // A lock of its own: whoever builds something else needn't wait.
        GuestCache workplace = new GuestCache(cache.path("work/" + identity(parts)));
        return workplace.locked(() -> {
            Workshop workshop = new Workshop(workplace.root(), tools, parts.common(), parts.libraries());
            List<Part> independent =
                    Stream.concat(parts.libraries().stream(), modules.stream()).toList();
            int stale = stale(workshop, independent) + stale(workshop, programs);
            if (stale > 0) {
                progress.start("building modules and programs", stale);
            }
            Built first;
            Built second;
            try {
                first = all(workshop, independent);
                second = all(workshop, programs);
            } finally {
                if (stale > 0) {
                    progress.done();
                }
            }
            List<Product> products = new ArrayList<>(first.products());
            products.addAll(second.products());
            return new Built(
                    products,
                    Stream.concat(first.warnings().stream(), second.warnings().stream())
                            .toList());
        });
    }

    /** One folder for each set of sources, so that what was built for another isn't built over. */
    private String identity(ImageParts parts) {
        String names = guest.kernelRelease() + "\0" + String.join("\0", parts.origins());
        return Digests.sha256(names.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }

    private static int stale(Workshop workshop, List<Part> parts) throws IOException {
        int stale = 0;
        for (Part part : parts) {
            stale += workshop.isStale(part) ? 1 : 0;
        }
        return stale;
    }

    private Workshop.Products made(Workshop workshop, Part part) throws IOException, InterruptedException {
        boolean stale = workshop.isStale(part);
        Workshop.Products products = workshop.build(part);
        if (stale) {
            progress.advance(1);
        }
        return products;
    }

    /** Builds parts that don't need each other, as many at once as there are processors. */
    private Built all(Workshop workshop, List<Part> parts) {
        List<Product> products = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        ExecutorService workers = Executors.newFixedThreadPool(
                Math.max(1, Math.min(parts.size(), Runtime.getRuntime().availableProcessors())));
        try {
            List<Callable<Workshop.Products>> work = parts.stream()
                    .map(part -> (Callable<Workshop.Products>) () -> made(workshop, part))
                    .toList();
            List<Future<Workshop.Products>> done = workers.invokeAll(work);
            for (int i = 0; i < done.size(); i++) {
                Workshop.Products made = done.get(i).get();
                warnings.addAll(made.warnings());
                products.addAll(products(parts.get(i), made));
            }
            return new Built(products, warnings);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BuildMistake("building the image was interrupted", "");
        } catch (ExecutionException e) {
            throw thrown(e.getCause());
        } finally {
            workers.shutdownNow();
        }
    }

    private static RuntimeException thrown(Throwable cause) {
        if (cause instanceof BuildMistake mistake) {
            // Anew, for its trace leads to the line of the script that wants the image.
            return new BuildMistake(mistake.getMessage(), mistake.remedy(), mistake.output());
        }
        if (cause instanceof RuntimeException unchecked) {
            return unchecked;
        }
        return cause instanceof IOException io ? new UncheckedIOException(io) : new IllegalStateException(cause);
    }

    private List<Product> products(Part part, Workshop.Products made) {
        return switch (part.kind()) {
            case LIBRARY -> List.of();
            case MODULE -> placed(made, modulePath(guest.kernelRelease(), "").substring(1));
            case PROGRAM -> placed(made, "usr/sbin/");
        };
    }

    private static List<Product> placed(Workshop.Products made, String folder) {
        return made.files().entrySet().stream()
                .map(file -> new Product(folder + file.getKey(), file.getValue()))
                .toList();
    }
}
