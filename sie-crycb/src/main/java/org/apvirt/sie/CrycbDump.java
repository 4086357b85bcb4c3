// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sie;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A CRYCB as somebody has dumped it from storage, in words. Immutable.
 *
 * <p>A dump has the 32, 128 or 256 bytes of a block, or 4096: KVM's crypto page, in which the block is at 0x800. It is
 * binary, or hex digits as {@code xxd}, {@code hexdump -C}, {@code od -t x1}, gdb, crash or QEMU's monitor prints them.
 *
 * <p>The block does not tell its format. If the caller does not either, the APCB that has a bit set decides; if both
 * have, only the caller can know.
 */
public final class CrycbDump {
    private static final int PAGE = 0x1000;
    private static final int BLOCK_IN_PAGE = 0x800;

    private final byte[] bytes;
    private final Crycb crycb;
    private final CrycbFormat format;

    private CrycbDump(byte[] bytes, CrycbFormat format) {
        this.bytes = Arrays.copyOf(bytes, Crycb.LENGTH);
        this.crycb = Crycb.at(this.bytes, 0);
        this.format = format;
    }

    /**
     * Reads a dump.
     *
     * @param file what is in the file
     * @param format the format of the block, null: find out
     * @throws CrycbDumpException if the dump has another length, is no hex dump, or the format cannot be found out
     */
    public static CrycbDump read(byte[] file, @Nullable CrycbFormat format) throws CrycbDumpException {
        byte[] block = HexDump.isText(file)
                ? HexDump.parse(new String(file, StandardCharsets.US_ASCII), CrycbDump::isLength)
                : file;
        if (block.length == PAGE) {
            block = Arrays.copyOfRange(block, BLOCK_IN_PAGE, BLOCK_IN_PAGE + Crycb.LENGTH);
        }
        if (!isLength(block.length)) {
            throw new CrycbDumpException("a dump of " + block.length
                    + " bytes: a CRYCB has 32, 128 or 256, KVM's crypto page has 4096");
        }
        CrycbFormat chosen = format != null ? format : guess(block);
        if (chosen == CrycbFormat.INVALID || block.length < chosen.lengthBytes()) {
            throw new CrycbDumpException("a dump of " + block.length + " bytes cannot be a CRYCB of " + chosen
                    + ", which has " + chosen.lengthBytes());
        }
        return new CrycbDump(block, chosen);
    }

    private static boolean isLength(int length) {
        return length == 0x20 || length == 0x80 || length == Crycb.LENGTH || length == PAGE;
    }

    private static CrycbFormat guess(byte[] block) throws CrycbDumpException {
        if (block.length < Crycb.LENGTH) {
            return block.length == 0x20 ? CrycbFormat.FORMAT_0 : CrycbFormat.FORMAT_1;
        }
        boolean narrow = !isZero(block, 0, Apcb0.LENGTH);
        boolean wide = !isZero(block, Crycb.APCB1_OFFSET, Crycb.LENGTH);
        if (narrow && wide) {
            throw new CrycbDumpException("both APCBs have bits set: tell the format, 0, 1 or 2"
                    + " (from the low two bits of crycbd: 3 means format 2)");
        }
        return narrow ? CrycbFormat.FORMAT_1 : CrycbFormat.FORMAT_2;
    }

    private static boolean isZero(byte[] bytes, int from, int to) {
        for (int at = from; at < to; at++) {
            if (bytes[at] != 0) {
                return false;
            }
        }
        return true;
    }

    /** Returns the format. */
    public CrycbFormat format() {
        return format;
    }

    /** Returns the adapters. */
    public ApMask adapters() {
        return crycb.apcb(format).apm();
    }

    /** Returns the usage domains. */
    public ApMask domains() {
        return crycb.apcb(format).aqm();
    }

    /** Returns the control domains. */
    public ApMask controlDomains() {
        return crycb.apcb(format).adm();
    }

    /** Returns the queues that the block grants, adapter by adapter: every adapter with every usage domain. */
    public List<Apqn> apqns() {
        List<Apqn> apqns = new ArrayList<>();
        adapters().forEach(apid -> domains().forEach(apqi -> apqns.add(new Apqn(apid, apqi))));
        return apqns;
    }

    /** Tells whether the block has a wrapping-key mask for AES keys. */
    public boolean wrapsAesKeys() {
        return !isZero(bytes, Crycb.AES_MASK_OFFSET, Crycb.APCB1_OFFSET);
    }

    /** Tells whether the block has a wrapping-key mask for DEA keys. */
    public boolean wrapsDeaKeys() {
        return !isZero(bytes, Crycb.DEA_MASK_OFFSET, Crycb.AES_MASK_OFFSET);
    }

    /** Returns what is odd about the block: bytes that should be zero and are not, masks that grant nothing. */
    public List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (!isZero(bytes, Apcb0.LENGTH, Crycb.DEA_MASK_OFFSET)) {
            remarks.add("reserved bytes at 0x20 to 0x47 are not zero");
        }
        if (format.usesApcb1() && !isZero(bytes, Crycb.APCB1_OFFSET + Apcb1.MASKS_LENGTH, Crycb.LENGTH)) {
            remarks.add("reserved bytes at 0xe0 to 0xff are not zero");
        }
        if (!format.usesApcb1() && !(isZero(bytes, 0x0a, 0x10) && isZero(bytes, 0x12, 0x20))) {
            remarks.add("bytes behind domain 15 are not zero; the machine does not look at them");
        }
        if (adapters().isEmpty() != domains().isEmpty()) {
            remarks.add(adapters().isEmpty()
                    ? "domains without an adapter: no queue is valid"
                    : "adapters without a domain: no queue is valid");
        }
        return remarks;
    }

    /** Returns the whole block in words, several lines, each with its newline. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append("format          ").append(format.number())
                .append(", masks in the ")
                .append(format.usesApcb1() ? "APCB of format 1 at 0x80\n" : "APCB of format 0 at 0x00\n");
        text.append("adapters        ").append(list(adapters())).append('\n');
        text.append("domains         ").append(list(domains())).append('\n');
        text.append("control domains ").append(list(controlDomains())).append('\n');
        text.append("key masks       ").append(keyMasks()).append('\n');
        text.append("APQNs           ").append(adapters().count() * domains().count()).append('\n');
        if (!domains().isEmpty()) {
            adapters().forEach(apid -> {
                text.append("               ");
                domains().forEach(apqi -> text.append(' ').append(new Apqn(apid, apqi)));
                text.append('\n');
            });
        }
        remarks().forEach(remark -> text.append("remark          ").append(remark).append('\n'));
        return text.toString();
    }

    /** Each id as decimal and, where that differs, as hex: sysfs speaks hex, assignments usually decimal. */
    private static String list(ApMask mask) {
        if (mask.isEmpty()) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        mask.forEach(id -> {
            text.append(text.isEmpty() ? "" : ", ").append(id);
            if (id > 9) {
                text.append(String.format(" (0x%02x)", id));
            }
        });
        return text.toString();
    }

    private String keyMasks() {
        if (format == CrycbFormat.FORMAT_0) {
            return "none in this format";
        }
        if (wrapsAesKeys()) {
            return wrapsDeaKeys() ? "AES, DEA" : "AES";
        }
        return wrapsDeaKeys() ? "DEA" : "none";
    }
}
