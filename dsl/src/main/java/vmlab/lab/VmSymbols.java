// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.dsl.model.Similar;
import vmlab.guest.Kallsyms;
import vmlab.vmm.HostMistake;

/**
 * Names for the addresses of a VM's kernel, read once from its file: its own table (kallsyms).
 *
 * <p>Not here: modules, programs, kernels that move themselves. Threads: any. Errors: {@link LabMistake} for a name that
 * isn't there, {@link HostMistake} if the kernel's file has no symbols.
 */
public final class VmSymbols {
    /** Farther behind a symbol is no part of it. */
    private static final long FARTHEST = 1 << 20;

    private static final Pattern NAME =
            Pattern.compile("(?<name>[^+\\s]+)\\s*(\\+\\s*(?<hex>0x)?(?<offset>[0-9a-fA-F]+))?");

    private static final Logger LOG = LoggerFactory.getLogger(VmSymbols.class);

    private final LabVm vm;
    private Kallsyms symbols;
    private boolean tried;

    VmSymbols(LabVm vm) {
        this.vm = vm;
    }

    private synchronized Kallsyms symbols() {
        if (symbols == null) {
            symbols = Kallsyms.of(file());
        }
        return symbols;
    }

    private Path file() {
        return vm.spec().kernelImage() instanceof Path path
                ? path
                : vm.lab().settings().guest().debianKernel();
    }

    /** Whether the kernel's file has symbols; if not, addresses are told without names. */
    private synchronized Optional<Kallsyms> ifThere() {
        if (symbols == null && !tried) {
            tried = true;
            try {
                symbols = Kallsyms.of(file());
            } catch (HostMistake e) {
                LOG.info("{}: addresses are told without names: {}", vm.name(), e.getMessage());
            }
        }
        return Optional.ofNullable(symbols);
    }

    /** The address of {@code name} or {@code name+0x10}. */
    public long address(String place) {
        Matcher matcher = NAME.matcher(place.strip());
        if (!matcher.matches()) {
            throw new LabMistake("\"" + place + "\" is no place", "as in 'printk' or 'printk+0x10'");
        }
        OptionalLong address = symbols().address(matcher.group("name"));
        if (address.isEmpty()) {
            throw new LabMistake(
                    "the kernel of " + vm.name() + " has no symbol " + matcher.group("name"),
                    Similar.didYouMean(
                            matcher.group("name"),
                            symbols().symbols().stream()
                                    .map(Kallsyms.Symbol::name)
                                    .toList(),
                            "modules' symbols aren't known here"));
        }
        String offset = matcher.group("offset");
        return address.getAsLong()
                + (offset == null ? 0 : Long.parseLong(offset, matcher.group("hex") == null ? 10 : 16));
    }

    /** How many there are. */
    public int size() {
        return symbols().symbols().size();
    }

    /** {@code name+0x10} for an address in the kernel; empty if it is in nothing that has a name. */
    public Optional<String> at(long address) {
        return ifThere()
                .flatMap(known -> known.at(address))
                .filter(symbol -> address - symbol.address() >= 0 && address - symbol.address() < FARTHEST)
                .map(symbol -> symbol.name()
                        + (address == symbol.address() ? "" : "+%#x".formatted(address - symbol.address())));
    }

    @Override
    public String toString() {
        return ifThere().map(known -> known.symbols().size() + " symbols").orElse("no symbols") + " of the kernel of "
                + vm.name();
    }
}
