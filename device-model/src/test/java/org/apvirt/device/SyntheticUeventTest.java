// SPDX-License-Identifier: Apache-2.0
package org.apvirt.device;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.VirtualTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class SyntheticUeventTest {
    private static final String UUID = "fe4d7c9d-b8c6-4a70-9ef1-3d8a58d18eed";

    private final List<String> log = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final Kernel kernel = new Kernel(new VirtualTime(), DeviceQuirk.LINUX_6_12);

    SyntheticUeventTest() {
        kernel.onLog(log::add);
        kernel.onUevent(event -> events.add(event.header() + event.variables().subList(3, event.variables().size())));
    }

    private List<String> variables(String text) throws ErrnoException {
        return SyntheticUevent.parse(kernel, "/devices/x", text).variables();
    }

    @ParameterizedTest
    @ValueSource(strings = {"add", "remove\n", "change\0", "move", "online", "offline", "bind", "unbind"})
    void anActionAloneHasTheUuidZero(String text) throws ErrnoException {
        assertEquals(List.of("SYNTH_UUID=0"), variables(text));
    }

    @Test
    void argumentsBecomeVariablesAndTheUuidStaysAsItWasWritten() throws ErrnoException {
        assertEquals(List.of("SYNTH_UUID=" + UUID), variables("change " + UUID + "\n"));
        assertEquals(List.of("SYNTH_UUID=" + UUID.toUpperCase(java.util.Locale.ROOT), "SYNTH_ARG_A=1",
                "SYNTH_ARG_b2=\u00e4bc"),
                variables("move " + UUID.toUpperCase(java.util.Locale.ROOT) + " A=1 b2=\u00e4bc"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "ADD", "addx", " add", "add\n\n", "add\n\0", "adds " + UUID, "ad"})
    void anotherActionIsRefused(String text) {
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> variables(text)).errno());
        assertEquals(List.of("synth uevent: /devices/x: unknown uevent action string"), log);
    }

    @ParameterizedTest
    @ValueSource(strings = {"add ", "add \n", "add 123", "add  " + UUID, "add " + UUID + " =", "add " + UUID + " A",
            "add " + UUID + " A=", "add " + UUID + " =1", "add " + UUID + " A=1 ", "add " + UUID + "  A=1",
            "add " + UUID + "A=1", "add " + UUID + " A_B=1", "add " + UUID + " A=1=2", "add " + UUID + " A=1\tB=2",
            "add " + UUID + " A=\u00d7", "add fe4d7c9d-b8c6-4a70-9ef1-3d8a58d18eeg",
            "add fe4d7c9d_b8c6-4a70-9ef1-3d8a58d18eed"})
    void argumentsOfAnotherFormAreRefused(String text) {
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class, () -> variables(text)).errno());
        assertEquals(List.of("synth uevent: /devices/x: incorrect uevent action arguments"), log);
    }

    @Test
    void whoToldOfARemovalByHandTellsItOnce() throws ErrnoException {
        KernelModule module = new KernelModule(kernel, "m", false);
        kernel.addModule(module);
        module.tellAdded();
        SysfsFile file = (SysfsFile) module.directory().child("uevent");

        file.store("remove");
        file.store("add " + UUID);
        module.tellRemoved();

        assertEquals(List.of("add@/module/m[]", "remove@/module/m[SYNTH_UUID=0]",
                "add@/module/m[SYNTH_UUID=" + UUID + "]"), events);
    }
}
