package org.apvirt.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import org.apvirt.host.FileFormatException;
import org.apvirt.host.Inventory;
import org.apvirt.host.Json;
import org.apvirt.host.Plan;
import org.apvirt.host.PlanCheck;
import org.apvirt.host.PlanCheck.Finding;
import org.checkerframework.checker.nullness.qual.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code apvirt check}: would these guests fit? */
@Command(name = "check", mixinStandardHelpOptions = true, description = {
        "Checks a plan: a machine and the adapters and domains of its guests.",
        "Names every queue that two want, with both owners. Exit status 0: the guests fit; 1: they do not."})
final class CheckCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private CommandSpec spec;

    @Parameters(paramLabel = "PLAN", description = "Plan file, YAML or JSON.")
    @SuppressWarnings("nullness:initialization.field.uninitialized") // set by picocli
    private Path file;

    @Option(names = "--sys", paramLabel = "DIR", description = "Takes cards, masks and mediated devices from this /sys directory, not from the plan.")
    private @Nullable Path sys;

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    @Override
    public Integer call() throws FileFormatException {
        Plan plan = Plan.read(file);
        Path directory = sys;
        List<Finding> findings = new ArrayList<>(
                PlanCheck.run(plan, directory == null ? Inventory.of(plan.machine()) : Inventory.read(directory)));
        findings.addAll(GuestCpuCheck.run(plan));
        boolean fits = findings.stream().noneMatch(Finding::isRefusal);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.text(plain(plan, fits, findings)));
        } else {
            findings.forEach(out::println);
            long conflicts = findings.stream().filter(Finding::isRefusal).count();
            out.println(file + ": " + (fits
                    ? plan.guests().size() + (plan.guests().size() == 1 ? " guest fits" : " guests fit")
                    : conflicts + (conflicts == 1 ? " conflict" : " conflicts") + ", the guests do not fit"));
        }
        out.flush();
        return fits ? Apvirt.DONE : Apvirt.REFUSED;
    }

    private static Map<String, Object> plain(Plan plan, boolean fits, List<Finding> findings) {
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("file", plan.file());
        plain.put("fits", fits);
        plain.put("findings", findings.stream().map(finding -> {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("errno", finding.errno());
            fields.put("text", finding.text());
            return fields;
        }).toList());
        return plain;
    }
}
