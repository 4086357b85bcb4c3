package org.apvirt.cli;

import java.util.List;
import java.util.Locale;

import org.apvirt.ap.ApBus;
import org.apvirt.arch.Apqn;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.host.FileFormatException;
import org.apvirt.host.HardwareChange;
import org.apvirt.host.MachineFile;
import org.apvirt.sim.AdapterSpec;

/** What {@code apvirt ctl} can do to a running machine, in words. */
final class MachineControl {
    /** One line per request. Numbers are decimal or 0x; a card is a number, a queue is like 05.0004. */
    static final List<String> HELP = List.of(
            "plug APID TYPE           plug in a card, for example: plug 7 CEX8C",
            "unplug APID              take a card out",
            "config APID on|off       configure a card on or off, as the operator does",
            "checkstop APID on|off    a card fails, or recovers",
            "domain N on|off          a usage domain joins or leaves",
            "fault APQN CODE|none     a queue answers each query with a response code, for example: fault 05.0004 2",
            "scan                     let the AP bus look at once; else it looks every config_time seconds",
            "read PATH                read an attribute, for example: read /sys/bus/ap/apmask",
            "write PATH TEXT          write an attribute",
            "insmod NAME, rmmod NAME  load or unload a module",
            "start NAME UUID          start a guest that has a mediated device, as QEMU on KVM would",
            "start NAME UUID ADDRESS  the same; its kernel is the real one behind QEMU's gdb stub at ADDRESS",
            "stop NAME                stop it",
            "dump                     print the machine as it is now, as a machine file");

    private final RunningMachine running;
    private final RunningGuests guests;

    MachineControl(RunningMachine running) {
        this.running = running;
        guests = new RunningGuests(running);
    }

    /** Performs a request and returns the answer: {@code ok}, {@code refused} or {@code usage}, then text. */
    synchronized String perform(List<String> words) {
        try {
            return "ok\n" + answer(words);
        } catch (ErrnoException | IllegalStateException e) {
            return "refused\n" + e.getMessage() + '\n';
        } catch (IllegalArgumentException | FileFormatException e) {
            return "usage\n" + e.getMessage() + '\n';
        }
    }

    private String answer(List<String> words) throws ErrnoException, FileFormatException {
        String verb = words.isEmpty() ? "help" : words.get(0);
        switch (verb) {
            case "help" -> {
                return String.join("\n", HELP) + '\n';
            }
            case "plug" -> plug(argument(words, 1, 3), argument(words, 2, 3));
            case "unplug" -> apply(new HardwareChange.RemoveAdapter(number(argument(words, 1, 2))));
            case "config" -> set(words, "config");
            case "checkstop" -> set(words, "chkstop");
            case "domain" -> {
                int domain = number(argument(words, 1, 3));
                apply(onOff(argument(words, 2, 3))
                        ? new HardwareChange.AddDomain(domain)
                        : new HardwareChange.RemoveDomain(domain));
            }
            case "fault" -> {
                String code = argument(words, 2, 3);
                apply(new HardwareChange.QueueResponse(queue(argument(words, 1, 3)),
                        code.equals("none") ? null : number(code)));
            }
            case "scan" -> scan();
            case "read" -> {
                return running.host().read(argument(words, 1, 2));
            }
            case "write" -> running.host().write(argument(words, 1, 3), argument(words, 2, 3));
            case "insmod" -> running.host().insmod(argument(words, 1, 2));
            case "rmmod" -> running.host().rmmod(argument(words, 1, 2).replace('-', '_'));
            case "start" -> {
                if (words.size() == 4) {
                    String name = words.get(1);
                    return guests.start(name, words.get(2), words.get(3),
                            line -> System.err.println("apvirt: guest " + name + ": " + line));
                }
                return guests.start(argument(words, 1, 3), argument(words, 2, 3));
            }
            case "stop" -> guests.stop(argument(words, 1, 2));
            case "dump" -> {
                return running.file().describe(running.machine());
            }
            default -> throw new IllegalArgumentException("unknown request '" + verb + "' (try: apvirt ctl help)");
        }
        return "";
    }

    private static String argument(List<String> words, int index, int length) {
        if (words.size() != length) {
            throw new IllegalArgumentException(
                    "'" + words.get(0) + "' takes " + (length - 1) + " arguments (try: apvirt ctl help)");
        }
        return words.get(index);
    }

    private static int number(String text) {
        try {
            int number = Integer.decode(text.matches("0[0-9]+") ? text.replaceFirst("^0+(?=.)", "") : text);
            if (number >= 0 && number <= 255) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException("'" + text + "' is no number from 0 to 255");
    }

    private static boolean onOff(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "on", "1" -> true;
            case "off", "0" -> false;
            default -> throw new IllegalArgumentException("'" + text + "' is neither on nor off");
        };
    }

    private static Apqn queue(String text) {
        if (!text.matches("[0-9a-f]{2}\\.[0-9a-f]{4}") || !text.startsWith("00", 3)) {
            throw new IllegalArgumentException("'" + text + "' is no queue (write for example 05.0004)");
        }
        return new Apqn(Integer.parseInt(text.substring(0, 2), 16), Integer.parseInt(text.substring(3), 16));
    }

    private void plug(String apid, String type) throws FileFormatException {
        int number = number(apid);
        MachineFile one = MachineFile.parse(
                "adapters: {" + number + ": \"" + type.replaceAll("[^A-Za-z0-9]", "?") + "\"}",
                "plug");
        AdapterSpec adapter = one.machine().adapters().get(number);
        if (adapter != null) {
            apply(new HardwareChange.AddAdapter(adapter));
        }
    }

    private void set(List<String> words, String key) {
        apply(new HardwareChange.SetAdapter(number(argument(words, 1, 3)), key,
                Boolean.toString(onOff(argument(words, 2, 3)))));
    }

    private void apply(HardwareChange change) {
        change.apply(running.machine());
    }

    private void scan() throws ErrnoException {
        ApBus bus = running.host().bus();
        if (bus == null) {
            throw new ErrnoException(Errno.ENODEV, "the machine has no AP instructions");
        }
        bus.scan();
    }
}
