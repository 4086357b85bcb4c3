// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.clients;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apvirt.it.Programs;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.apvirt.it.clients.Clients.LINUX_6_12;
import static org.apvirt.it.clients.Clients.says;
import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * The newest s390-tools that Debian has beside 2.35, on the same machine: reported, not demanded. Another release may
 * print something else and be right; the test then counts as skipped, with the differences as the reason and both
 * outputs in {@code target/newest-s390-tools.txt}. What fails it is a machine that does not answer.
 */
@Timeout(300)
class NewestS390ToolsIT {
    private static final List<String> COMMANDS = List.of("lszcrypt", "lszcrypt -V", "lszcrypt -VV", "lszcrypt -b",
            "lszcrypt -d", "lszcrypt -s", "lszcrypt -c 5", "lszcrypt -c 6", "lszcrypt -c 06.0004", "lszcrypt -c 7",
            "lszcrypt 5", "lszcrypt 06.0047", "lszcrypt .4", "lszcrypt 7", "lszcrypt --accelonly", "lszcrypt --ccaonly",
            "lszcrypt --ep11only", "lszcrypt --cardonly", "lszcrypt --queueonly", "lszcrypt --accelonly --ccaonly",
            "chzcrypt -V -d 6", "lszcrypt 6", "chzcrypt -V -e 6", "chzcrypt -d 6.4", "chzcrypt -e -a", "chzcrypt -d 7",
            "chzcrypt --config-off 6", "chzcrypt --config-off 6", "lszcrypt 06", "chzcrypt --config-on 6",
            "chzcrypt -V -c 60", "chzcrypt -c 4", "chzcrypt -V -t 300000", "chzcrypt -V -q 71", "chzcrypt -q 300",
            "chzcrypt -n", "chzcrypt -p", "chzcrypt --se-bind 05.0004", "lszdev --type ap",
            "chzdev --type ap apmask=-5 aqmask=-0x47", "lszdev --type ap --info", "chzdev --type ap apmask=+5 -a",
            "chzdev --type ap apmask=0-255", "chzdev --type ap apmask=x", "zcryptctl list", "zcryptctl create node",
            "zcryptctl addap node 5", "zcryptctl listconfig", "zcryptctl destroy node");

    private static String run(String bin) throws Exception {
        StringBuilder script = new StringBuilder("PATH=" + bin + ":$PATH\n");
        for (String command : COMMANDS) {
            script.append("echo '$ ").append(command).append("'; ").append(command).append("; echo \"= $?\"\n");
        }
        return says(LINUX_6_12, script.toString());
    }

    private static List<String> parts(String text) {
        return List.of(text.split("(?m)^(?=\\$ )"));
    }

    @Test
    void printsWhatTheKnownReleasePrints() throws Exception {
        Path known = Clients.require();
        Programs.Output fetched = Programs.run(List.of(Programs.ROOT.resolve(".ci/clients").toString(), "-n"));
        Assumptions.assumeTrue(fetched.status() == 0,
                () -> "the newest s390-tools cannot be had: " + fetched.lastLine());
        String version = says(LINUX_6_12, known + "/newest/lszcrypt -v").lines().findFirst().orElse("nothing");
        String newest = run(known + "/newest");
        String old = run(known + "/bin");
        Files.writeString(Path.of("target/newest-s390-tools.txt"),
                version + "\n\n" + newest + "\nFor comparison, 2.35:\n\n" + old);
        List<String> ours = parts(newest);
        List<String> theirs = parts(old);
        assertEquals(COMMANDS.size(), ours.size(), newest);
        List<String> different = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++) {
            if (!ours.get(i).equals(theirs.get(i))) {
                different.add(COMMANDS.get(i));
            }
        }
        System.out.println(version + ": " + (ours.size() - different.size()) + " of " + ours.size()
                + " commands print what 2.35 prints; see it-tests/target/newest-s390-tools.txt");
        Assumptions.assumeTrue(different.isEmpty(), () -> version + " prints something else than 2.35: " + different);
    }
}
