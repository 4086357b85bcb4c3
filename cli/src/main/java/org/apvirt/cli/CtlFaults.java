// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.apvirt.machine.FaultReader;
import org.apvirt.machine.FaultWords;
import org.apvirt.machine.FileFormatException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The requests of {@code apvirt ctl} that have things go wrong; each is one call of the API. */
final class CtlFaults {
    private static final String FAULTS = "/v1/faults";
    private static final String ALL = "all";

    private CtlFaults() {}

    @Command(name = "fault", description = {
            "Has something go wrong, in the words of a machine file (docs/faults.md); for example:",
            "  fault card=5 instruction=nqap every=10 response=0x05",
            "  fault apqn=05.0004 message=KG reply=0x8a count=3",
            "  fault attribute=05.0004/online access=write errno=EIO",
            "'fault APQN CODE' has a queue answer each instruction with a response code, until 'fault APQN none'.",
            "'fault all none' lifts every fault, those of the machine file too; 'lift' a single one."})
    static final class Inject extends CtlCommand.Request {
        @Parameters(arity = "1..*", paramLabel = "KEY=VALUE|APQN CODE")
        private List<String> words;

        @Override
        int ask(CtlSession session) {
            if (words.get(0).contains("=") || words.get(0).startsWith("{")) {
                return session.send("POST", FAULTS, content(), CtlSession.NOTHING);
            }
            if (words.size() != 2) {
                throw wrong("'fault' takes KEY=VALUE words (" + String.join(", ", FaultReader.KEYS)
                        + "), or a queue and a response code");
            }
            String queue = words.get(0);
            if (words.get(1).equals("none")) {
                return session.send("DELETE", queue.equals(ALL) ? FAULTS : FAULTS + '/' + CtlSession.encode(queue),
                        null, CtlSession.NOTHING);
            }
            return session.send("PUT", FAULTS + '/' + CtlSession.encode(queue),
                    Map.of("response", id("CODE", words.get(1))), CtlSession.NOTHING);
        }

        private Map<String, ?> content() {
            try {
                return words.get(0).startsWith("{") ? FaultWords.map(String.join(" ", words)) : pairs();
            } catch (FileFormatException e) {
                throw wrong(String.valueOf(e.getMessage()));
            }
        }

        private Map<String, ?> pairs() throws FileFormatException {
            Map<String, String> pairs = new LinkedHashMap<>();
            for (String word : words) {
                int equals = word.indexOf('=');
                if (equals <= 0 || pairs.put(word.substring(0, equals), word.substring(equals + 1)) != null) {
                    throw wrong("'" + word + "' is no KEY=VALUE, or its key is there twice");
                }
            }
            return FaultWords.map(pairs);
        }

        private ParameterException wrong(String problem) {
            return new ParameterException(spec.commandLine(), problem);
        }
    }

    @Command(name = "lift", description = "Takes a fault back: its number, as 'faults' prints it, a queue, or 'all'.")
    static final class Lift extends CtlCommand.Request {
        @Parameters(index = "0", paramLabel = "NUMBER|APQN|all")
        private String fault;

        @Override
        int ask(CtlSession session) {
            return session.send("DELETE", fault.equals(ALL) ? FAULTS : FAULTS + '/' + CtlSession.encode(fault), null,
                    CtlSession.NOTHING);
        }
    }

    @Command(name = "faults", description = "Lists the faults, with how often each was hit of how many that it saw.")
    static final class Show extends CtlCommand.Request {
        @Override
        int ask(CtlSession session) {
            return session.get(FAULTS, (all, out) -> {
                for (JsonElement element : all.getAsJsonArray()) {
                    JsonObject fault = element.getAsJsonObject();
                    out.println(fault.has("number")
                            ? CtlText.text(fault, "number") + "  " + CtlText.text(fault, "hits") + " of "
                                    + CtlText.text(fault, "seen") + "  " + CtlText.text(fault, "fault")
                            : String.format("-  all  {apqn: %s, response: 0x%02x}", CtlText.text(fault, "apqn"),
                                    fault.get("response").getAsInt()));
                }
            });
        }
    }
}
