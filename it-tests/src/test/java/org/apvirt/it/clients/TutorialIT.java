// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.it.Programs;
import org.apvirt.it.documents.Block;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A newcomer types what {@code docs/tutorial.md} prints, with the real programs, and sees what it shows. */
@Timeout(180)
class TutorialIT {
    private static final String PAGE = "docs/tutorial.md";
    private static final String END = "@@ end";

    @Test
    void everyStepGoesAsPrinted() throws Exception {
        List<Block> blocks = Block.all().stream().filter(block -> block.file().equals("docs/tutorial.md")).toList();
        String machine = Files.readString(Programs.ROOT.resolve("examples/tutorial.yaml"));
        assertEquals(machine, Block.find(PAGE, "usage-domains").text());
        List<Block.Command> commands = blocks.stream().filter(block -> block.kind().equals("run by"))
                .flatMap(block -> block.commands().stream()).toList();
        assertEquals("apvirt exec --uevents --shell examples/tutorial.yaml", commands.get(0).words());
        commands = commands.subList(1, commands.size()); // the shell of that is what Clients starts
        StringBuilder script = new StringBuilder("cd " + Programs.ROOT + "\n"
                + "mount -t overlay -o lowerdir=" + Clients.require()
                + "/programs-trixie/usr/share:/usr/share overlay /usr/share\n");
        commands.forEach(command -> script.append(command.words()).append("\necho '").append(END).append("'\n"));
        String parts = machine.replaceFirst("level: .*\n", "");
        String[] outputs = Clients.saysOn(parts, Clients.LINUX_6_12, script.toString(), "--uevents")
                .split(END + "\n", -1);
        assertEquals(commands.size() + 1, outputs.length, () -> String.join("", outputs));
        List<String> different = new ArrayList<>();
        for (int i = 0; i < commands.size(); i++) {
            Block.Command command = commands.get(i);
            String said = outputs[i].replaceAll("(?m)[ \t]+$", "").replaceAll("^bash: line [0-9]+", "bash")
                    .replaceAll("\n+$", "\n");
            boolean silent = command.printed().isEmpty() && said.isEmpty();
            if (!silent && (command.printed().isEmpty() || !command.prints(said))) {
                different.add("$ " + command.words() + "\n" + said);
            }
        }
        assertEquals("", String.join("", different));
        assertTrue(commands.size() > 25, () -> "only some steps");
    }
}
