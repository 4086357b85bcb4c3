// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.apvirt.arch.Apqn;
import org.apvirt.running.ControlException;
import org.apvirt.running.MachineKeys;
import org.apvirt.running.RunningMachine;
import org.apvirt.sim.MasterKeyOperation;
import org.apvirt.sim.MasterKeySet;
import org.apvirt.sim.WrappingKey;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The keys that cards keep: their patterns are told, the keys only come in. Nothing here waits for the kernel. */
final class KeyRoutes {
    private static final Set<String> NONE = Set.of();
    private static final String EP11 = "ep11";
    private static final String ALL = "all";
    private static final String ZEROIZE = "zeroize";

    private final MachineKeys keys;

    KeyRoutes(RunningMachine running) {
        this.keys = running.keys();
    }

    List<Route> table() {
        return List.of(new Route("GET", "/v1/keys", NONE, NONE, call -> Answer.ok(keys.list())),
                new Route("GET", "/v1/keys/{apqn}", NONE, NONE,
                        call -> Answer.ok(keys.status(call.queue("apqn")))),
                new Route("POST", "/v1/keys/{apqn}", NONE, Set.of("key", "operation", "part"), this::change));
    }

    private Answer change(Call call) throws ControlException {
        Apqn apqn = call.queue("apqn");
        String key = call.text("key").toLowerCase(Locale.ROOT);
        String operation = call.text("operation").toLowerCase(Locale.ROOT);
        byte[] part = part(call);
        if (!key.equals(ALL) && !key.equals(EP11)) {
            MasterKeySet set = set(key);
            keys.change(apqn, set, masterOperation(operation), part);
            return Answer.ok(keys.status(apqn));
        }
        if (part.length > 0) {
            throw Call.invalid("part", "belongs to the master keys of CCA only");
        }
        if (key.equals(EP11)) {
            keys.change(apqn, wrappingOperation(operation));
        } else if (operation.equals(ZEROIZE)) {
            keys.zeroize(apqn);
        } else {
            throw Call.invalid("operation", "'" + operation + "' is none for all keys (there is: " + ZEROIZE + ")");
        }
        return Answer.ok(keys.status(apqn));
    }

    private static byte[] part(Call call) throws ControlException {
        String part = call.textOrNull("part");
        try {
            return part == null ? new byte[0] : HexFormat.of().parseHex(part);
        } catch (IllegalArgumentException e) {
            throw Call.invalid("part", "is not hexadecimal"); // and never the value: it is part of a key
        }
    }

    private static MasterKeySet set(String name) throws ControlException {
        List<String> known = new ArrayList<>();
        for (MasterKeySet set : MasterKeySet.values()) {
            String word = set.name().toLowerCase(Locale.ROOT);
            if (word.equals(name)) {
                return set;
            }
            known.add(word);
        }
        throw Call.invalid("key", "'" + name + "' is none (there are: " + String.join(", ", known) + ", " + EP11 + ", "
                + ALL + ")");
    }

    private static MasterKeyOperation masterOperation(String word) throws ControlException {
        List<String> known = new ArrayList<>();
        for (MasterKeyOperation operation : MasterKeyOperation.values()) {
            String keyword = operation.keyword().toLowerCase(Locale.ROOT);
            if (keyword.equals(word)) {
                return operation;
            }
            known.add(keyword);
        }
        throw none(word, known);
    }

    private static WrappingKey.Operation wrappingOperation(String word) throws ControlException {
        WrappingKey.@Nullable Operation found = null;
        List<String> known = new ArrayList<>();
        for (WrappingKey.Operation operation : WrappingKey.Operation.values()) {
            found = operation.word().equals(word) ? operation : found;
            known.add(operation.word());
        }
        if (found == null) {
            throw none(word, known);
        }
        return found;
    }

    private static ControlException none(String word, List<String> known) {
        return Call.invalid("operation", "'" + word + "' is none (there are: " + String.join(", ", known) + ")");
    }
}
