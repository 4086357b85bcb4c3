// SPDX-License-Identifier: Apache-2.0
package org.apvirt.plan;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apvirt.arch.ApMask;
import org.apvirt.machine.Inventory;
import org.apvirt.machine.Json;

/**
 * The matrix of adapters and domains, with one letter for who has each queue.
 *
 * <pre>
 *  .  there is no such queue     c  conflict: several have it, or want it
 *  h  the host's drivers         o  its card is deconfigured
 *  r  reserved for guests        x  its card is checkstopped
 *  n  no driver has it           A  the first guest, B the second, and so on
 * </pre>
 *
 * @param adapters the rows, adapter numbers 0..255 in order
 * @param domains the columns, domain numbers 0..255 in order
 * @param guests the names of the guests that {@code A}, {@code B} and so on stand for; after {@code Z} come the characters
 *     that follow it in Unicode, but for small letters
 * @param rows one string for each adapter, one letter for each domain
 */
public record MatrixPicture(List<Integer> adapters, List<Integer> domains, List<String> guests, List<String> rows) {
    /** No such queue. */
    public static final char NONE = '.';
    /** The host's. */
    public static final char HOST = 'h';
    /** Reserved for guests. */
    public static final char RESERVED = 'r';
    /** Nobody's. */
    public static final char NOBODY = 'n';
    /** Several have it. */
    public static final char CONFLICT = 'c';
    /** Deconfigured. */
    public static final char OFFLINE = 'o';
    /** Checkstopped. */
    public static final char CHECKSTOPPED = 'x';

    private static final char FIRST_GUEST = 'A';
    private static final char BEYOND = 0x100; // guests after the 26th

    /** Copies the lists. */
    public MatrixPicture {
        adapters = List.copyOf(adapters);
        domains = List.copyOf(domains);
        guests = List.copyOf(guests);
        rows = List.copyOf(rows);
    }

    /** Returns the letter of a guest, by its place in the list. */
    public static char guest(int index) {
        return index < 26 ? (char) (FIRST_GUEST + index) : (char) (BEYOND + index - 26);
    }

    /** Returns the place of the guest of a letter, -1: it is no guest's. */
    public static int guestOf(char letter) {
        return letter >= BEYOND
                ? letter - BEYOND + 26
                : letter >= FIRST_GUEST && letter <= 'Z' ? letter - FIRST_GUEST : -1;
    }

    /** Returns what a plan would make of a machine. */
    public static MatrixPicture of(Plan plan, Inventory inventory) {
        List<Integer> adapters = List.copyOf(inventory.adapters().keySet());
        List<Integer> domains = inventory.usageDomains().ids().boxed().toList();
        List<String> guests = new ArrayList<>(plan.guests().keySet());
        inventory.owners().keySet().forEach(uuid -> guests.add("mdev " + uuid));
        List<String> rows = new ArrayList<>();
        for (int apid : adapters) {
            StringBuilder row = new StringBuilder();
            domains.forEach(apqi -> row.append(letter(plan, inventory, apid, apqi)));
            rows.add(row.toString());
        }
        return new MatrixPicture(adapters, domains, guests, rows);
    }

    private static char letter(Plan plan, Inventory inventory, int apid, int apqi) {
        char found = 0;
        int index = 0;
        int wanted = 0;
        for (Plan.Guest guest : plan.guests().values()) {
            if (guest.has(apid, apqi)) {
                found = guest(index);
                wanted++;
            }
            index++;
        }
        for (Inventory.Owner owner : inventory.owners().values()) {
            if (owner.adapters().contains(apid) && owner.domains().contains(apqi)) {
                found = guest(index);
                wanted++;
            }
            index++;
        }
        Inventory.Card card = inventory.adapters().get(apid);
        if (wanted > 1) {
            return CONFLICT;
        }
        if (card != null && card.checkstopped()) {
            return CHECKSTOPPED;
        }
        if (card != null && !card.configured()) {
            return OFFLINE;
        }
        if (found != 0) {
            return found;
        }
        ApMask apmask = inventory.apmask();
        ApMask aqmask = inventory.aqmask();
        return apmask == null || aqmask == null || apmask.contains(apid) && aqmask.contains(apqi) ? HOST : RESERVED;
    }

    /** Returns the picture as JSON, as the page takes it. */
    public String json(String title) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("title", title);
        fields.put("adapters", adapters);
        fields.put("domains", domains);
        fields.put("guests", guests);
        fields.put("rows", rows);
        return Json.text(fields);
    }

    /**
     * Returns a page that shows the picture in a browser and needs nothing else.
     *
     * @throws IOException a part of the page is not in the program
     */
    public String page(String title) throws IOException {
        return pageFile("page.html").replace("<link rel=\"stylesheet\" href=\"page.css\">",
                "<style>\n" + pageFile("page.css") + "</style>")
                .replace("<!--data-->", "<script type=\"application/json\" id=\"matrix\">"
                        + json(title).replace("<", "\\u003c") + "</script>")
                .replace("<script src=\"page.js\"></script>", "<script>\n" + pageFile("page.js") + "</script>");
    }

    /**
     * Returns a file of the page: {@code page.html}, {@code page.css} or {@code page.js}.
     *
     * @throws IOException it is not in the program
     */
    public static String pageFile(String name) throws IOException {
        try (InputStream in = MatrixPicture.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + " is not in the program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
