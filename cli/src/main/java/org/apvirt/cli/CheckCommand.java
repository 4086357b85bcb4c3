// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import org.apvirt.arch.Apqn;
import org.apvirt.arch.Printable;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.InputFile;
import org.apvirt.machine.Inventory;
import org.apvirt.machine.Json;
import org.apvirt.plan.Finding;
import org.apvirt.plan.MatrixPicture;
import org.apvirt.plan.MigrationCheck;
import org.apvirt.plan.MigrationHost;
import org.apvirt.plan.Plan;
import org.apvirt.plan.PlanCheck;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt check}: would these guests fit? */
@Command(name = "check", mixinStandardHelpOptions = true, description = {
        "Checks a plan: a machine and the adapters and domains of its guests.",
        "Names every queue that several want, with all of them. Exit status 0: the guests fit; 1: they do not."})
final class CheckCommand implements Callable<Integer> {
    private static final int CHUNK = 1 << 16; // characters that are printed at once

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PLAN", description = "Plan file, YAML or JSON; - reads standard input.")
    private Path file;

    @Parameters(index = "1..*", arity = "0..*", hidden = true, paramLabel = "MORE")
    private List<String> more = new ArrayList<>();

    @Option(names = "--sys", paramLabel = "DIR", description = "Takes cards, masks and mediated devices from this /sys directory, not from the plan.")
    private List<Path> sys = new ArrayList<>();

    @Option(names = "--migrate", description = {
            "Says whether a guest could be migrated live, and why not: check --migrate PLAN PLAN2 GUEST,",
            "or for the UUID of a mediated device: check --migrate --sys DIR --sys DIR2 UUID."})
    private boolean migrate;

    @Option(names = "--max", paramLabel = "N", converter = CountOption.class, description = "Prints N findings at most, and how many there are besides. Default: all.")
    private int most = Integer.MAX_VALUE;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Option(names = "--picture", description = "Draws the matrix of adapters and domains first: who gets which queue, and where they collide.")
    private boolean picture;

    @Option(names = "--html", paramLabel = "FILE", description = "Writes the picture as a page that any browser shows.")
    private @Nullable Path html;

    @Override
    public Integer call() throws FileFormatException {
        requireArguments();
        if (migrate) {
            return migration();
        }
        Plan plan = Input.plan(file);
        if (plan.guests().isEmpty()) {
            throw new FileFormatException(plan.file(), "names no guest, so there is nothing to check"
                    + " (add for example guests: {guest1: {adapters: [1], domains: [5]}})");
        }
        Inventory inventory = sys.isEmpty() ? Inventory.of(plan.machine()) : Inventory.read(sys.get(0));
        List<Finding> findings = new ArrayList<>(PlanCheck.run(plan, inventory));
        findings.addAll(GuestCpuCheck.run(plan));
        int refusals = (int) findings.stream().filter(Finding::isRefusal).count();
        PrintWriter out = spec.commandLine().getOut();
        MatrixPicture matrix = MatrixPicture.of(plan, inventory);
        Path page = html;
        if (page != null) {
            try {
                Files.writeString(page, matrix.page(plan.file()));
            } catch (IOException e) {
                return Apvirt.refused(spec, new IOException(page + " cannot be written: " + InputFile.reason(e), e));
            }
        }
        if (picture && !json) {
            MatrixText.print(matrix, out);
        }
        if (json) {
            Map<String, Object> head = new LinkedHashMap<>();
            head.put("file", plan.file());
            head.put("fits", refusals == 0);
            head.put("conflicts", refusals);
            printJson(out, head, findings);
        } else {
            int guests = plan.guests().size();
            print(out, findings, plan.file() + ": " + (refusals == 0
                    ? guests + (guests == 1 ? " guest fits" : " guests fit")
                    : refusals + (refusals == 1 ? " conflict" : " conflicts") + ", the guests do not fit"));
        }
        out.flush();
        return refusals == 0 ? Apvirt.DONE : Apvirt.REFUSED;
    }

    private void requireArguments() {
        int wanted = !migrate || !sys.isEmpty() ? 0 : 2;
        if (more.size() > wanted) {
            throw new ParameterException(spec.commandLine(), "'" + more.get(wanted) + "' is one argument too many");
        }
        if (more.size() < wanted) {
            throw new ParameterException(spec.commandLine(), "--migrate needs PLAN, PLAN2 and GUEST");
        }
        if (sys.size() > (migrate ? 2 : 1) || migrate && sys.size() == 1) {
            throw new ParameterException(spec.commandLine(),
                    migrate ? "--migrate needs --sys twice, or not at all" : "--sys is given twice");
        }
        if (migrate && (picture || html != null)) {
            throw new ParameterException(spec.commandLine(), "--migrate draws no picture");
        }
    }

    private int migration() throws FileFormatException {
        MigrationHost source = sys.isEmpty() ? MigrationHost.readFile(file) : MigrationHost.read(sys.get(0));
        MigrationHost target = sys.isEmpty()
                ? MigrationHost.readFile(Path.of(more.get(0)))
                : MigrationHost.read(sys.get(1));
        String guest = sys.isEmpty() ? more.get(1) : file.toString();
        List<Finding> findings = MigrationCheck.run(source, target, guest);
        int refusals = (int) findings.stream().filter(Finding::isRefusal).count();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Map<String, Object> head = new LinkedHashMap<>();
            head.put("guest", guest);
            head.put("from", source.name());
            head.put("to", target.name());
            head.put("migrates", refusals == 0);
            head.put("reasons", refusals);
            printJson(out, head, findings);
        } else {
            print(out, findings, guest + (refusals == 0
                    ? ": can be migrated"
                    : ": cannot be migrated, for " + refusals + (refusals == 1 ? " reason," : " reasons,")) + " from "
                    + source.name()
                    + " to " + target.name());
        }
        out.flush();
        return refusals == 0 ? Apvirt.DONE : Apvirt.REFUSED;
    }

    private void print(PrintWriter out, List<Finding> findings, String verdict) {
        StringBuilder lines = new StringBuilder();
        for (Finding finding : findings.subList(0, Math.min(most, findings.size()))) {
            lines.append(finding).append('\n');
            if (lines.length() > CHUNK) {
                out.print(lines);
                lines.setLength(0);
            }
        }
        out.print(lines);
        if (findings.size() > most) {
            out.println("and " + (findings.size() - most) + " more (--max " + most + ")");
        }
        out.println(Printable.line(verdict));
    }

    private void printJson(PrintWriter out, Map<String, Object> head, List<Finding> findings) {
        int shown = Math.min(most, findings.size());
        head.put("more", findings.size() - shown);
        String text = Json.text(head);
        out.print(text.substring(0, text.length() - 1) + ", \"findings\": [");
        for (int i = 0; i < shown; i++) { // one by one: of 65,536 queues and many guests this is long
            out.print((i == 0 ? "" : ", ") + Json.text(plain(findings.get(i))));
        }
        out.println("]}");
    }

    private static Map<String, @Nullable Object> plain(Finding finding) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("severity", finding.isRefusal() ? "conflict" : "note");
        fields.put("queue", finding.queue() instanceof Apqn queue ? queue.toString() : null);
        fields.put("guests", finding.guests());
        fields.put("errno", finding.errno());
        fields.put("text", finding.text());
        fields.put("remedy", finding.remedy().isEmpty() ? null : finding.remedy());
        return fields;
    }
}
