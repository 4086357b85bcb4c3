// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.Json;
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
        "The dump is binary, or hex as hexdump -C, xxd, od -t x1, gdb (x/64xw), crash (rd) or QEMU (xp /64xw) prints"
                + " it, or bytes between colons: the 32, 128 or 256 bytes of the block, or the 4096 of KVM's crypto page."})
final class CrycbCommand implements Callable<Integer> {
    private static final int LONGEST = 1 << 20; // bytes of a dump in any form

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The dump; - reads standard input.")
    private Path file;

    @Option(names = "--format", paramLabel = "N", converter = FormatOption.class, description = "Format of the block: 0, 1 or 2; default: found out.")
    private @Nullable CrycbFormat format;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    /** The three formats by their names; note that format 2 has the value 3 in a designation. */
    static final class FormatOption implements ITypeConverter<CrycbFormat> {
        @Override
        public CrycbFormat convert(String value) {
            String number = value.replaceFirst("(?i)^format[ _-]?", "");
            return Stream.of(CrycbFormat.values())
                    .filter(format -> format.number() >= 0 && number.equals(String.valueOf(format.number())))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException("'" + value + "' is no CRYCB format: 0, 1 or 2"
                            + " (low bits 3 of crycbd mean format 2)"));
        }
    }

    @Override
    public Integer call() throws FileFormatException {
        PrintWriter out = spec.commandLine().getOut();
        byte[] dump = Input.bytes(file, LONGEST);
        try {
            CrycbDump crycb = CrycbDump.read(dump, format);
            out.print(json ? Json.text(plain(crycb)) + "\n" : crycb.toString());
            out.flush();
            return Apvirt.DONE;
        } catch (CrycbDumpException e) {
            throw new FileFormatException(Input.isStandard(file) ? "standard input" : file.toString(),
                    String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> plain(CrycbDump crycb) {
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("format", crycb.format().number());
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
