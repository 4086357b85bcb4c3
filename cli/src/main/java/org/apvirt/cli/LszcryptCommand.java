// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

import org.apvirt.arch.VirtualTime;
import org.apvirt.cli.lszcrypt.BusListing;
import org.apvirt.cli.lszcrypt.CapabilityListing;
import org.apvirt.cli.lszcrypt.CardTree;
import org.apvirt.cli.lszcrypt.DomainListing;
import org.apvirt.cli.lszcrypt.Layout;
import org.apvirt.cli.lszcrypt.Listing;
import org.apvirt.cli.lszcrypt.Output;
import org.apvirt.cli.lszcrypt.SerialListing;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.sysfs.SysfsFileSystem;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code apvirt lszcrypt}: lists cards and queues of a described machine, or of a real one. */
@Command(name = "lszcrypt", description = {"Lists cards and queues as lszcrypt does.",
        "Of the machine of a machine file as it is after boot, or of a /sys directory (default: /sys)."})
final class LszcryptCommand implements Callable<Integer> {
    /** Where the cards are. */
    static final class Source {
        @Option(names = "--machine", paramLabel = "FILE", description = "Machine file; it is booted first.")
        @Nullable
        Path machine;

        @Option(names = "--sys", paramLabel = "DIR", description = "A /sys directory, real or copied.")
        @Nullable
        Path sys;
    }

    /** Which listing. */
    private enum Kind {
        BUS, DOMAINS, SERIAL, CAPABILITY
    }

    /** Which types. The program itself says what is wrong with several, and only where it would use them. */
    static final class Mode {
        @Option(names = "--accelonly", description = "Only accelerators.")
        boolean accelerators;

        @Option(names = "--ccaonly", description = "Only CCA coprocessors.")
        boolean cca;

        @Option(names = "--ep11only", description = "Only EP11 coprocessors.")
        boolean ep11;

        boolean isClear() {
            return !(accelerators ? cca || ep11 : cca && ep11);
        }

        @Nullable
        String letter() {
            return accelerators ? "A" : cca ? "C" : ep11 ? "P" : null;
        }
    }

    /** Cards or queues. */
    static final class Rows {
        @Option(names = "--cardonly", description = "Only cards.")
        boolean cards;

        @Option(names = "--queueonly", description = "Only queues.")
        boolean queues;
    }

    /** Reads the name of a layout. */
    static final class LayoutOption implements ITypeConverter<Layout> {
        @Override
        public Layout convert(String value) {
            return Layout.ALL.stream().filter(layout -> layout.name().equals(value)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("unknown layout '" + value + "' (use "
                            + Layout.ALL.stream().map(Layout::name).collect(Collectors.joining(", ")) + ")"));
        }
    }

    @Spec
    private CommandSpec spec;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this help.")
    private boolean help; // no --version here: -V means verbose

    @ArgGroup
    private Source source = new Source();

    private @Nullable Kind kind; // the first that is named
    private String capability = "";

    @ArgGroup(exclusive = false)
    private Mode mode = new Mode();

    @ArgGroup(exclusive = false)
    private Rows rows = new Rows();

    @Option(names = {"-V", "--verbose"}, description = "More columns, and queues without a zcrypt driver.")
    private boolean[] verbose = new boolean[0];

    @Option(names = "--layout", converter = LayoutOption.class, defaultValue = "2.43", description = "seed (the 2018 specification), 2.35, 2.40, 2.41, 2.42 or 2.43 (s390-tools); default: ${DEFAULT-VALUE}.")
    private Layout layout = Layout.TODAY;

    @Parameters(paramLabel = "ID", description = "Cards (05), queues (5.4) or a domain of all cards (.4); default: all.")
    private List<String> ids = new ArrayList<>();

    private final @Nullable CardTree given;

    /** Looks where the options say. */
    LszcryptCommand() {
        given = null;
    }

    /** Looks at these cards, whatever the options say. */
    LszcryptCommand(CardTree tree) {
        given = tree;
    }

    @Option(names = {"-b", "--bus"}, description = "AP bus attributes.")
    void bus(boolean named) {
        choose(named, Kind.BUS);
    }

    @Option(names = {"-d", "--domains"}, description = "Usage and control domains.")
    void domains(boolean named) {
        choose(named, Kind.DOMAINS);
    }

    @Option(names = {"-s", "--serial"}, description = "Serial numbers of coprocessors.")
    void serial(boolean named) {
        choose(named, Kind.SERIAL);
    }

    @Option(names = {"-c", "--capability"}, paramLabel = "ID", description = "What a card (decimal or 0x) or a queue"
            + " (05.0004) can do.")
    void capability(@Nullable String id) {
        if (id != null && kind == null) {
            capability = id;
            kind = Kind.CAPABILITY;
        }
    }

    private void choose(boolean named, Kind chosen) {
        if (named && kind == null) {
            kind = chosen;
        }
    }

    @Override
    public Integer call() throws FileFormatException {
        CardTree tree = given;
        Output output = listing(tree == null ? new CardTree(sys()) : tree);
        PrintWriter err = spec.commandLine().getErr();
        err.print(output.errors());
        err.flush();
        PrintWriter out = spec.commandLine().getOut();
        out.print(output.text());
        out.flush();
        return output.status();
    }

    private Path sys() throws FileFormatException {
        Path machine = source.machine;
        if (machine != null) {
            Host host = Input.machine(machine).boot(new VirtualTime());
            return SysfsFileSystem.of(host.root()).getPath("/sys");
        }
        Path sys = source.sys;
        if (sys == null) {
            return Path.of("/sys");
        }
        if (!Files.isDirectory(sys)) {
            throw new FileFormatException(sys.toString(), "is no directory (--sys takes a /sys directory)");
        }
        return sys;
    }

    private Output listing(CardTree tree) {
        Kind chosen = kind;
        if (chosen != null) {
            return switch (chosen) {
                case BUS -> BusListing.text(tree, layout);
                case DOMAINS -> DomainListing.text(tree, layout);
                case SERIAL -> SerialListing.text(tree, layout);
                case CAPABILITY -> CapabilityListing.text(tree, capability);
            };
        }
        if (!mode.isClear() || rows.cards && rows.queues) {
            return Output.refused(mode.isClear()
                    ? "Only one of --cardonly or --queueonly can be specified"
                    : "Only one of --accelonly or --ccaonly or --ep11only can be specified");
        }
        return new Listing(tree, layout, verbose.length > 0,
                new Listing.Filter(mode.letter(), !rows.queues, !rows.cards)).text(ids);
    }
}
