// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** {@code .ci/mutation} in a checkout of two files, with a Maven that is played: what it asks for and what it prints. */
class MutationScriptTest {
    private static final String MUTATION = "<mutation detected='%s' status='%s' numberOfTestsRun='1'>"
            + "<sourceFile>C.java</sourceFile><mutatedClass>a.b.%s</mutatedClass><mutatedMethod>m</mutatedMethod>"
            + "<methodDescription>()V</methodDescription><lineNumber>%d</lineNumber><mutator>x</mutator><indexes/>"
            + "<blocks/><killingTest/><description>negated conditional</description></mutation>\n";

    @TempDir
    private Path checkout;

    @BeforeEach
    void aCheckoutOfOneModule() throws IOException {
        Files.createDirectories(checkout.resolve(".ci"));
        Files.copy(Programs.ROOT.resolve(".ci/mutation"), checkout.resolve(".ci/mutation"));
        Files.createDirectories(checkout.resolve("sie-crycb/src/test/java"));
        Path main = Files.createDirectories(checkout.resolve("sie-crycb/src/main/java/a/b"));
        Files.writeString(main.resolve("C.java"), "");
    }

    private Programs.Output mutation(String maven, String... arguments) throws Exception {
        Path program = Files.createDirectories(checkout.resolve("bin")).resolve("mvn");
        Files.writeString(program, "#!/bin/sh\necho \"$@\" >asked\n" + maven);
        assertTrue(program.toFile().setExecutable(true));
        List<String> command = new ArrayList<>(List.of("env",
                "PATH=" + program.getParent() + ":" + System.getenv("PATH"),
                "JAVA_HOME=" + System.getProperty("java.home"), "bash", checkout.resolve(".ci/mutation").toString()));
        command.addAll(List.of(arguments));
        return Programs.run(command);
    }

    @Test
    void theScoreOfEachPackageIsPrintedAndThenTheSurvivors() throws Exception {
        Files.writeString(checkout.resolve("found.xml"), "<mutations>\n"
                + String.format(MUTATION, true, "KILLED", "C", 7) + String.format(MUTATION, true, "TIMED_OUT", "C", 8)
                + String.format(MUTATION, false, "SURVIVED", "C", 10)
                + String.format(MUTATION, false, "NO_COVERAGE", "C$D", 9) + "</mutations>\n");
        Programs.Output output = mutation(
                "mkdir -p sie-crycb/target/pit-reports; cp found.xml sie-crycb/target/pit-reports/mutations.xml",
                "sie-crycb");
        assertEquals("""
                a.b 2 of 4 = 50 %
                C:10 m: negated conditional
                C$D:9 m: negated conditional (no test comes here)
                """, output.text());
        assertEquals(0, output.status());
        String asked = Files.readString(checkout.resolve("asked"));
        assertTrue(asked.contains("-Pmutation -Dmutate=a.b.* ") && asked.contains("-pl sie-crycb -am test"), asked);
        mutation("exit 1", "sie-crycb", "org.apvirt.arch.ApMask");
        assertTrue(Files.readString(checkout.resolve("asked")).contains("-Dmutate=org.apvirt.arch.ApMask "));
    }

    @Test
    void aSampleIsSoManyChangesOfEachClassAndRemembersNothing() throws Exception {
        mutation("exit 1", "sie-crycb", "a.b.*", "5");
        String asked = Files.readString(checkout.resolve("asked"));
        assertTrue(asked.contains("-Dmutate=a.b.* -Dfeatures=+CLASSLIMIT(limit[5]) "), asked);
        assertFalse(asked.contains("-DwithHistory"), asked);
        assertEquals("mutation: at most how many changes of each class? 'x' is no number\n",
                mutation("", "sie-crycb", "a.b.*", "x").text());
    }

    @Test
    void aModuleThatIsNotThereIsNamed() throws Exception {
        assertEquals("mutation: which module? 'mutation ap-arch', for example\n", mutation("").text());
        assertEquals(2, mutation("", "nothing").status());
    }

    @Test
    void whatMavenSaidIsShownIfItFails() throws Exception {
        Programs.Output output = mutation("echo broken; exit 1", "sie-crycb");
        assertEquals("broken\nmutation: failed, see sie-crycb/target/mutation.log\n", output.text());
        assertEquals(1, output.status());
    }
}
