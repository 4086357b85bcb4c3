// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.lszcrypt;

import java.util.List;

import org.checkerframework.checker.nullness.qual.Nullable;

/** What one card or queue can do: lszcrypt -c. */
public final class CapabilityListing {
    private static final List<String> CURRENT_KEYS = List.of("WK CUR", "AES CUR", "APKA CUR", "ASYM CUR");

    private CapabilityListing() {}

    /**
     * Makes the listing.
     *
     * @param id a card, decimal or with {@code 0x}, or a queue as {@code 05.0004}
     */
    public static Output text(CardTree tree, String id) {
        Output output = new Output();
        if (!tree.hasBus()) {
            return output.fail("Crypto device driver not available.");
        }
        if (id.matches("[0-9a-fA-F]{1,2}\\.[0-9a-fA-F]{1,4}")) {
            return queue(tree, id, output);
        }
        int apid;
        try {
            apid = Integer.decode(id);
        } catch (NumberFormatException e) {
            apid = -1;
        }
        if (apid < 0 || apid > 255) {
            return output.fail("Error - '" + id + "' is an invalid cryptographic device id.");
        }
        String card = String.format("card%02x", apid);
        if (!tree.exists(card)) {
            return output.fail("Error - cryptographic device " + card + " does not exist.");
        }
        int type = number(tree.device(card, "hwtype"));
        if (tree.device(card, "type") == null || tree.device(card, "online") == null || type < 6 || type > 14) {
            output.print("Detailed capability information for " + card + " (hardware type " + type
                    + ") is not available.\n");
            return output;
        }
        output.print(card + " provides capability for:\n");
        capabilities(new CardRow(tree, card, null), type, output);
        int limit = number(tree.device(card, "max_msg_size"));
        if (type >= 10 && limit > 0) {
            output.print("AP bus max message size limit " + limit / 1024 + " Kb\n");
        }
        return output;
    }

    private static void capabilities(CardRow card, int type, Output output) {
        long functions = card.functions();
        boolean accelerates = type == 6 || type == 8 || type >= 10 && card.mode().equals("Accelerator");
        if (accelerates) {
            output.print((functions & 0x6000_0000) != 0 ? "RSA 4K Clear Key\n" : "RSA 2K Clear Key\n");
        } else if (type < 10 || card.mode().equals("CCA-Coproc")) {
            String set = (functions & 0x0080_0000) != 0
                    ? " (full function set)"
                    : (functions & 0x0040_0000) != 0 ? " (restricted function set)" : "";
            output.print("RSA 4K Clear Key\nCCA Secure Key" + set + '\n');
            if (type >= 10 && (functions & 0x0100_0000) != 0) {
                output.print("Hardware support for stateless filtering\n");
            }
            output.print("Long RNG\n");
        } else if (card.mode().equals("EP11-Coproc")) {
            output.print("EP11 Secure Key\n");
        }
    }

    private static int number(@Nullable String text) {
        try {
            return text == null ? 0 : Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static Output queue(CardTree tree, String id, Output output) {
        int dot = id.indexOf('.');
        String name = String.format("%02x.%04x", Integer.parseInt(id.substring(0, dot), 16),
                Integer.parseInt(id.substring(dot + 1), 16));
        String device = "card" + name.substring(0, 2) + '/' + name;
        if (!tree.exists(device)) {
            return output.fail("Error - cryptographic queue device " + name + " does not exist.");
        }
        output.print("queue " + name + " capabilities:\n");
        String bind = tree.device(device, "se_bind");
        if (bind != null) {
            output.print("SE bind state: " + bind + '\n');
        }
        String associate = tree.device(device, "se_associate");
        if (associate != null) {
            output.print("SE association state: " + associate + '\n');
        }
        tree.lines(device, "mkvps").stream().filter(line -> CURRENT_KEYS.stream().anyMatch(line::contains))
                .forEach(line -> output.print("MK " + line + '\n'));
        return output;
    }
}
