// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Command lines of lszcrypt: each option, alone and with others, sensible and not. */
final class LszcryptOptions {
    /** Of the sample, one tree sees each option in turn: every option on several trees, in seconds. */
    private static final int TURNS = 12;
    /** The machines without recordings are few. */
    private static final int TURNS_OF_MACHINES = 4;

    /** A row each, a tilde where there is none; {@code CARD} and {@code QUEUE} stand for the first card and the last queue of the tree. */
    private static final List<String> OPTIONS = """
            ~
            -V
            -VV
            -b
            -d
            -s
            -c 0xCARD
            -c QUEUE
            -c 0x7f
            -c 7f.0004
            -c 5x
            -c x
            -c 256
            -c -1
            -c 5.
            -c .4
            CARD
            -V CARD
            QUEUE
            -V QUEUE
            CARD QUEUE
            QUEUE CARD -V
            0xCARD
            0xQUEUE
            .4
            .0x47 -V
            .fffe
            .
            7f
            7f.0004
            -V 7f.fffe
            CARD.fffe
            CARD.
            CARDx
            CARD.4x
            CARD.x
            x
            ~~
            300
            100000005
            CARD 7f
            7f CARD
            x CARD
            CARD x
            .fffe CARD
            --accelonly
            --ccaonly
            --ep11only
            -V --accelonly
            -V --ccaonly
            -V --ep11only
            --cardonly
            --queueonly
            -V --cardonly
            -V --queueonly
            --cardonly --accelonly
            --queueonly --ccaonly -V
            --ep11only CARD
            --queueonly CARD
            --cardonly QUEUE -V
            --ccaonly .4
            --accelonly --ccaonly
            --ccaonly --ep11only -V
            --accelonly --ccaonly --ep11only
            --cardonly --queueonly
            --cardonly --queueonly --ccaonly --ep11only
            -b -V
            -V -b
            -b CARD
            -d -V
            -d CARD
            -s -V
            -s CARD
            -s --ccaonly
            -s --ccaonly --accelonly
            -b --cardonly --queueonly
            -c CARD -V
            -c CARD CARD
            -c CARD --accelonly --ccaonly
            -bd
            -db
            -sb
            -b -d
            -d -s
            -s -b
            -c 0xCARD -b
            -b -c 0xCARD
            -bV
            -Vd
            --bus
            --domains
            --serial
            --capability 0xCARD
            --capability=0xCARD
            --verbose
            -c0xCARD
            CARD --queueonly --verbose
            -- CARD
            """.lines().toList();

    private LszcryptOptions() {}

    /** Returns all command lines for a tree, or those whose turn it is. */
    static List<String> of(Path tree, boolean all, int turn) throws IOException {
        List<String> cards = names(tree.resolve("devices/ap"), "card");
        String card = cards.isEmpty() ? "05" : cards.get(0).substring(4);
        List<String> queues = cards.isEmpty() ? List.of() : names(tree.resolve("devices/ap/" + cards.get(0)), card);
        String queue = queues.isEmpty() ? "05.0004" : queues.get(queues.size() - 1);
        int turns = LszcryptTrees.MACHINES.containsKey(tree.getFileName().toString()) ? TURNS_OF_MACHINES : TURNS;
        return IntStream.range(0, OPTIONS.size()).filter(i -> all || i % turns == turn % turns).mapToObj(OPTIONS::get)
                .map(line -> line.replace("CARD", card).replace("QUEUE", queue)).toList();
    }

    /** Returns the words of a command line. */
    static List<String> words(String line) {
        return line.equals("~") ? List.of() : Arrays.stream(line.split(" ")).map(w -> w.equals("~~") ? "" : w).toList();
    }

    private static List<String> names(Path directory, String prefix) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.startsWith(prefix)).sorted()
                    .toList();
        }
    }
}
