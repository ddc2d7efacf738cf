// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vmlab.guest.GuestCache;
import vmlab.vmm.kvm.KvmProbe;

/**
 * Looks at what this machine offers. Reads files and this process and runs KVM's probe, at once; the network is asked only on
 * request.
 */
final class Doctor {
    private static final long ENOUGH_MEMORY_MB = 600;
    private static final Pattern MEM_AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+(\\d+) kB");
    private static final Pattern CPU_FLAGS = Pattern.compile("(?m)^flags\\s*:.*\\b(vmx|svm)\\b");

    private final Surroundings surroundings;

    /** Folder that stands for {@code /}. */
    private final Path root;

    private final Supplier<KvmProbe.Result> kvmProbe;

    Doctor(Surroundings surroundings, Path root, Supplier<KvmProbe.Result> kvmProbe) {
        this.kvmProbe = Objects.requireNonNull(kvmProbe);
        this.surroundings = Objects.requireNonNull(surroundings);
        this.root = Objects.requireNonNull(root);
    }

    /** Everything, in the order it is shown. */
    static List<Finding> examine(Surroundings surroundings) {
        return new Doctor(surroundings, Path.of("/"), KvmProbe::run).findings();
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(classData());
        findings.add(host());
        findings.add(kvm());
        findings.add(packages());
        findings.add(cache());
        findings.add(terminal());
        findings.add(state());
        return findings;
    }

    /** One line each, what to do below it. */
    static String text(List<Finding> findings) {
        return findings.stream()
                .map(f -> String.format(
                        Locale.ROOT,
                        "%-4s  %-9s %s%s",
                        f.level().name().toLowerCase(Locale.ROOT),
                        f.subject(),
                        f.found(),
                        f.remedy().isEmpty() ? "" : "\n                -> " + f.remedy()))
                .collect(Collectors.joining("\n"));
    }

    private static Finding java() {
        return Finding.ok(
                "java",
                "%s (%s), heap up to %d MB"
                        .formatted(
                                Runtime.version(),
                                System.getProperty("java.vm.name"),
                                Runtime.getRuntime().maxMemory() >> 20));
    }

    private static Finding classData() {
        String option = "-XX:SharedArchiveFile=";
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith(option))
                .map(argument -> Path.of(argument.substring(option.length())))
                .findFirst()
                .map(file -> Finding.ok(
                        "start",
                        "from a class-data archive of "
                                + megabytes(file.toFile().length())))
                .orElse(Finding.warn(
                        "start",
                        "without a class-data archive: a start takes about a second longer",
                        "start through ./vmlab, which makes the archive beside its first run"));
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }

    private Finding host() {
        int cpus = Runtime.getRuntime().availableProcessors();
        Optional<Long> availableMb = match(MEM_AVAILABLE, "proc/meminfo").map(kb -> Long.parseLong(kb) / 1024);
        String found = cpus + (cpus == 1 ? " CPU, " : " CPUs, ")
                + availableMb.map(mb -> mb + " MB of memory available").orElse("memory unknown")
                + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return availableMb.orElse(ENOUGH_MEMORY_MB) >= ENOUGH_MEMORY_MB
                ? Finding.ok("machine", found)
                : Finding.warn(
                        "machine", found, "a guest of 128 MB takes about 400 MB; give it a smaller guest_ram_mb");
    }

    private Finding kvm() {
        String cpu = match(CPU_FLAGS, "proc/cpuinfo")
                .map(flag -> flag.equals("vmx") ? "Intel VMX" : "AMD SVM")
                .orElse("the CPU shows neither VMX nor SVM");
        KvmProbe.Result found = kvmProbe.get();
        String reason = found.reason() + " (" + cpu + "); ";
        String use = found.usable()
                ? "guests run on it, with hypercalls by " + found.hypercalls().text()
                : "guests run on the CPU in Java, which needs nothing and takes vmcall itself";
        String wide = found.runs64Bit()
                ? "; 64-bit guests run on KVM"
                : found.kind() == KvmProbe.Kind.NONE ? "" : "; 64-bit guests don't run here: " + found.no64Bit();
        return Finding.ok("kvm", reason + use + wide);
    }

    private Optional<String> match(Pattern pattern, String file) {
        try {
            Matcher matcher = pattern.matcher(Files.readString(root.resolve(file)));
            return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
        } catch (IOException e) {
            // Another kernel or a sealed container: unknown, and said so.
            return Optional.empty();
        }
    }

    private Finding packages() {
        Map<String, String> environment = surroundings.environment();
        for (String variable : new String[] {"VMLAB_DEBIAN_PACKAGES", "VMLAB_DEBIAN_MIRROR"}) {
            if (surroundings.has(variable)) {
                return Finding.ok("packages", "from " + environment.get(variable) + " (" + variable + ")");
            }
        }
        return aptSourceFiles() > 0
                ? Finding.ok("packages", "from the mirror of this machine's apt sources")
                : Finding.warn(
                        "packages",
                        "this machine has no apt sources",
                        "set VMLAB_DEBIAN_MIRROR to a Debian mirror, or VMLAB_DEBIAN_PACKAGES to a folder with the packages");
    }

    private long aptSourceFiles() {
        long files = Files.isReadable(root.resolve("etc/apt/sources.list")) ? 1 : 0;
        try (Stream<Path> parts = Files.list(root.resolve("etc/apt/sources.list.d"))) {
            return files
                    + parts.filter(part -> part.toString().matches(".*\\.(list|sources)"))
                            .count();
        } catch (IOException e) {
            // Machines without apt have no such folder.
            return files;
        }
    }

    private Finding cache() {
        GuestCache.Description cache =
                CachedGuest.cache(surroundings.environment()).describe();
        String entries = cache.entries().stream()
                .filter(entry -> entry.sizeBytes() > 0)
                .map(entry -> entry.name() + " " + megabytes(entry.sizeBytes()))
                .collect(Collectors.joining(", "));
        String found = cache.location() + ": " + (entries.isEmpty() ? "empty; the first lab fetches 53 MB" : entries);
        return cache.writable()
                ? Finding.ok("cache", found)
                : Finding.fail(
                        "cache",
                        cache.location() + " can't be written",
                        "make it writable, or name another folder in VMLAB_CACHE");
    }

    private Finding terminal() {
        if (!surroundings.terminalIn()) {
            return Finding.ok("terminal", "standard input is none: the prompt reads plain lines from it");
        }
        String type = surroundings.environment().getOrDefault("TERM", "");
        String found = "TERM=%s, %s, %s"
                .formatted(type, surroundings.charset(), surroundings.coloursOut() ? "colours" : "no colours");
        return type.isEmpty() || type.equals("dumb")
                ? Finding.warn("terminal", found, "set TERM to what the terminal is, such as xterm-256color")
                : Finding.ok("terminal", found);
    }

    private Finding state() {
        Path folder = UserFolders.state(surroundings.environment());
        Path existing = folder;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return Files.isDirectory(existing) && Files.isWritable(existing)
                ? Finding.ok("history", "and log are kept in " + folder)
                : Finding.warn(
                        "history",
                        "and log aren't kept: " + folder + " can't be written",
                        "make it writable, or name another folder in XDG_STATE_HOME");
    }
}
