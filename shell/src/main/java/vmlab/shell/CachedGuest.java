// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.LoggerFactory;
import vmlab.ccomponent.CCompiler;
import vmlab.ccomponent.CProgram;
import vmlab.ccomponent.CSource;
import vmlab.dsl.model.RootFs;
import vmlab.guest.DebianGuest;
import vmlab.guest.GuestCache;
import vmlab.guest.NestedKvm;
import vmlab.guest.PrivateQemu;
import vmlab.guest.SymbolFile;
import vmlab.image.ImageBuilder;
import vmlab.lab.GuestFiles;
import vmlab.lab.Progress;
import vmlab.vmm.CpuModel;
import vmlab.vmm.boot.Vmlinux;

/** The guest's files from the user's cache, fetched when a script first names them. */
final class CachedGuest implements GuestFiles {
    private final Map<String, String> environment;
    private final GuestCache cache;
    private final Progress progress;
    private final CpuModel cpu;

    CachedGuest(Map<String, String> environment, Progress progress) {
        this(environment, progress, CpuModel.I386);
    }

    private CachedGuest(Map<String, String> environment, Progress progress, CpuModel cpu) {
        this.cpu = Objects.requireNonNull(cpu);
        this.environment = Map.copyOf(environment);
        this.cache = cache(environment);
        this.progress = Objects.requireNonNull(progress);
    }

    static GuestCache cache(Map<String, String> environment) {
        return GuestCache.of(environment, UserFolders.home(environment));
    }

    @Override
    public CachedGuest forCpu(CpuModel other) {
        return new CachedGuest(environment, progress, other);
    }

    @Override
    public Path debianKernel() {
        return Vmlinux.extract(fetch().vmlinuz(), cache.path("vmlinux"));
    }

    /** The kernel as its package brings it. */
    Path vmlinuz() {
        return fetch().vmlinuz();
    }

    /** The kernel's symbols, for debuggers. */
    Path symbols() {
        return SymbolFile.of(cache, debianKernel());
    }

    @Override
    public Path rootfs(RootFs rootfs) {
        ImageBuilder.Image image = image(rootfs);
        image.warnings().forEach(LoggerFactory.getLogger(CachedGuest.class)::warn);
        return image.archive();
    }

    /** The image with what its builder warns of. */
    ImageBuilder.Image image(RootFs rootfs) {
        return builder().build(rootfs);
    }

    @Override
    public List<Built> part(String name, RootFs rootfs) {
        return builder().part(name, rootfs).stream()
                .map(product -> new Built(product.path(), product.content()))
                .toList();
    }

    @Override
    public CProgram component(CSource source) {
        return new CCompiler(builder().tools(), cache).compile(source);
    }

    private ImageBuilder builder() {
        return new ImageBuilder(cache, environment, fetch(), new Steps());
    }

    /** Another host: a Linux with KVM for an emulator. */
    NestedKvm nestedKvm() {
        return NestedKvm.fetch(cache, environment, new Steps());
    }

    /** That emulator, for machines where none is installed. */
    PrivateQemu qemu() {
        return PrivateQemu.fetch(cache, environment, new Steps());
    }

    private DebianGuest fetch() {
        return DebianGuest.fetch(cache, environment, cpu, new Steps());
    }

    /** What fetching says, in the lab's words. */
    private final class Steps implements vmlab.guest.Progress {
        private final AtomicLong amount = new AtomicLong();
        private Progress.Task task;

        @Override
        public void start(String title, long totalBytes) {
            amount.set(0);
            task = progress.begin(title, Math.max(0, totalBytes));
        }

        @Override
        public void advance(long bytes) {
            task.done(amount.addAndGet(bytes));
        }

        @Override
        public void done() {
            task.close();
        }

        @Override
        public void notice(String text) {
            LoggerFactory.getLogger(CachedGuest.class).warn("{}", text);
        }
    }
}
