/**
 * Virtual crypto cards for a real s390x guest through a plugin inside QEMU's TCG, from QEMU 11.1 on: the fast way, beside
 * that through the gdb stub ({@link org.apvirt.gdb}). The plugin is a C program of its own ({@code src/main/qemu-plugin},
 * GPL-2.0-or-later, because it runs in QEMU's process); it has the AP instructions of each CPU answered over a Unix socket,
 * adds the facilities to what STFLE stores, and lets the service processor configure adapters.
 *
 * <p>Start at {@link org.apvirt.plugin.PluginTransport}, which listens; {@link org.apvirt.plugin.PluginCpu} serves one CPU,
 * {@link org.apvirt.plugin.PluginChannel} speaks the protocol, {@link org.apvirt.plugin.PluginFile} is the plugin itself.
 *
 * <p>Not done: adapter interruptions of the guest (a plugin cannot inject them; facility 65 stays off and Linux polls).
 */
package org.apvirt.plugin;
