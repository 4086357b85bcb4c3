package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.host.Json;
import org.apvirt.sie.CrycbDump;
import org.apvirt.sie.CrycbDumpException;
import org.apvirt.sie.CrycbFormat;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code apvirt crycb}: a CRYCB dump in words. */
@Command(name = "crycb", mixinStandardHelpOptions = true, description = {
        "Prints the adapters, domains, control domains and APQNs of a CRYCB that was dumped from storage.",
        "The dump is binary, or hex as hexdump -C, xxd or a debugger prints it: the 32, 128 or 256 bytes of the"
                + " block, or the 4096 of KVM's crypto page."})
final class CrycbCommand implements Callable<Integer> {
    private static final String STANDARD_INPUT = "-";

    @Spec
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The dump; - reads standard input.")
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private String file;

    @Option(names = "--format", paramLabel = "N", converter = FormatOption.class, description = "Format of the block: 0, 1 or 2; default: found out.")
    private @Nullable CrycbFormat format;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    /** The three formats by their names; note that format 2 has the value 3 in a designation. */
    static final class FormatOption implements ITypeConverter<CrycbFormat> {
        @Override
        public CrycbFormat convert(String value) {
            return switch (value) {
                case "0" -> CrycbFormat.FORMAT_0;
                case "1" -> CrycbFormat.FORMAT_1;
                case "2" -> CrycbFormat.FORMAT_2;
                default -> throw new TypeConversionException("'" + value + "' is no CRYCB format: 0, 1 or 2"
                        + " (low bits 3 of crycbd mean format 2)");
            };
        }
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try {
            byte[] dump = file.equals(STANDARD_INPUT) ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
            CrycbDump crycb = CrycbDump.read(dump, format);
            out.print(json ? Json.text(plain(crycb)) + "\n" : crycb.toString());
            out.flush();
            return Apvirt.DONE;
        } catch (CrycbDumpException e) {
            return wrong(e.getMessage());
        } catch (NoSuchFileException e) {
            return wrong("no such file");
        } catch (IOException e) {
            return wrong("cannot be read: " + e.getMessage());
        }
    }

    private int wrong(@Nullable String what) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(spec.qualifiedName() + ": " + file + ": " + what);
        err.flush();
        return Apvirt.USAGE;
    }

    private static Map<String, Object> plain(CrycbDump crycb) {
        Map<String, Object> plain = new LinkedHashMap<>();
        String name = crycb.format().name();
        plain.put("format", name.charAt(name.length() - 1) - '0');
        plain.put("adapters", ids(crycb.adapters()));
        plain.put("domains", ids(crycb.domains()));
        plain.put("control_domains", ids(crycb.controlDomains()));
        plain.put("apqns", crycb.apqns().stream().map(Apqn::toString).toList());
        plain.put("aes_key_mask", crycb.wrapsAesKeys());
        plain.put("dea_key_mask", crycb.wrapsDeaKeys());
        plain.put("remarks", crycb.remarks());
        return plain;
    }

    private static Object ids(ApMask mask) {
        return mask.ids().boxed().toList();
    }
}
