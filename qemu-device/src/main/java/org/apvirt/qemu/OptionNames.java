// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.util.Set;

/** The options of qemu-system-s390x by the number of their arguments; of any version from 7.2 to 10. */
final class OptionNames {
    private static final Set<String> WITHOUT = words("""
            h help version mem-prealloc audio-help snapshot usb nographic portrait full-screen singlestep preconfig S s
            enable-kvm no-reboot no-shutdown daemonize only-migratable nodefaults no-user-config async-teardown
            enable-sync-profile semihosting old-param no-acpi no-hpet win2k-hack xen-attach xen-domid-restrict
            no-fd-bootchk perfmap jitdump one-insn-per-tb""");
    private static final Set<String> WITH = words("""
            machine M cpu accel smp numa add-fd set global boot m mem-path k audio audiodev device name uuid fda fdb hda
            hdb hdc hdd cdrom blockdev drive mtdblock sd fsdev virtfs iscsi usbdevice display spice rotate vga g vnc
            netdev nic net chardev tpmdev bios pflash kernel append initrd dtb compat fw_cfg serial parallel monitor qmp
            qmp-pretty mon debugcon pidfile overcommit gdb d D dfilter seed L action loadvm option-rom rtc icount
            watchdog-action echr incoming chroot runas sandbox readconfig trace plugin msg dump-vmstate object prom-env
            semihosting-config acpitable smbios xen-domid run-with shim""");

    private OptionNames() {}

    private static Set<String> words(String text) {
        return Set.of(text.split("\\s+"));
    }

    static boolean isKnown(String name) {
        return WITH.contains(name) || WITHOUT.contains(name);
    }

    static boolean takesArgument(String name) {
        return WITH.contains(name);
    }
}
