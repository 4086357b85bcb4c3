// SPDX-License-Identifier: Apache-2.0
package org.apvirt.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.arch.ApPlatform;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ArrayStorage;
import org.apvirt.arch.Facilities;
import org.apvirt.arch.UltravisorBlock;
import org.apvirt.arch.UltravisorCommand;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.DeviceQuirk;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Kernel;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsDirectory;
import org.apvirt.device.SysfsNode;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * {@code /sys/firmware/uv}: what the ultravisor said when the kernel asked it, at its start. There is none without UVC.
 *
 * <p>Source: Linux {@code arch/s390/boot/uv.c}, {@code arch/s390/kernel/uv.c}, {@code uv_sysfs_init}.
 */
final class UltravisorFiles {
    private static final AttributeGroup<UltravisorBlock> ALWAYS = AttributeGroup.of(
            SysfsAttribute.ro("facilities", UltravisorFiles::commands), hex("feature_indications"),
            hex("dump_storage_state_len"), hex("dump_finalize_len"), hex("uv_query_dump_cpu_len"),
            hex("supp_se_hdr_ver"),
            hex("supp_se_hdr_pcf"), hex("supp_att_req_hdr_ver"), hex("supp_att_pflags"), hex("max_address"),
            SysfsAttribute.ro("max_cpus", block -> block.highestCpu() + 1 + "\n"),
            SysfsAttribute.ro("max_guests", block -> "0\n"));
    private static final AttributeGroup<UltravisorBlock> OF_SECRETS = AttributeGroup.of(hex("supp_add_secret_req_ver"),
            hex("supp_add_secret_pcf"), hex("supp_secret_types"), SysfsAttribute.ro("max_secrets",
                    block -> block.mostAssociationSecrets() + block.mostRetrievableSecrets() + "\n"));
    private static final AttributeGroup<UltravisorBlock> OF_KINDS = AttributeGroup.of(
            SysfsAttribute.ro("max_assoc_secrets", block -> block.mostAssociationSecrets() + "\n"),
            SysfsAttribute.ro("max_retr_secrets", block -> block.mostRetrievableSecrets() + "\n"));

    private UltravisorFiles() {}

    /** Asks the ultravisor, if there is one, and adds the files. */
    static void add(Kernel kernel, ApPlatform platform) {
        UltravisorBlock answer = platform.facilities().has(Facilities.UVC) ? ask(platform) : null;
        if (answer == null) {
            return;
        }
        boolean isGuest = answer.has(UltravisorCommand.SET_SHARED) && answer.has(UltravisorCommand.REMOVE_SHARED);
        Map<String, SysfsNode> entries = new TreeMap<>();
        entries.put("prot_virt_guest",
                SysfsAttribute.<Boolean>ro("prot_virt_guest", it -> it ? "1\n" : "0\n").on(isGuest));
        entries.put("prot_virt_host", SysfsAttribute.<Boolean>ro("prot_virt_host", it -> it ? "1\n" : "0\n").on(false));
        entries.put("query", SysfsDirectory.fixed(query(kernel, answer)));
        kernel.addFirmwareEntry("uv", SysfsDirectory.fixed(entries));
    }

    private static List<EntryGroup> query(Kernel kernel, UltravisorBlock answer) {
        List<EntryGroup> files = new ArrayList<>(List.of(ALWAYS.on(answer)));
        if (!kernel.has(DeviceQuirk.ULTRAVISOR_WITHOUT_SECRETS)) {
            files.add(OF_SECRETS.on(answer));
        }
        if (kernel.has(DeviceQuirk.ULTRAVISOR_SECRETS_BY_KIND)) {
            files.add(OF_KINDS.on(answer));
        }
        return files;
    }

    private static String commands(UltravisorBlock block) {
        StringBuilder text = new StringBuilder();
        for (int word = 0; word < UltravisorBlock.COMMAND_WORDS; word++) {
            text.append(Long.toHexString(block.commands(word))).append('\n');
        }
        return text.toString();
    }

    /** Most of it is about what only hosts do, or about attestation: zero where that is not. */
    private static SysfsAttribute<UltravisorBlock> hex(String name) {
        return SysfsAttribute.ro(name, block -> Long.toHexString(switch (name) {
            case "feature_indications" -> block.features();
            case "supp_add_secret_req_ver" -> block.secretVersions();
            case "supp_add_secret_pcf" -> block.secretFlags();
            case "supp_secret_types" -> block.secretTypes();
            default -> 0;
        }) + "\n");
    }

    private static @Nullable UltravisorBlock ask(ApPlatform platform) {
        byte[] block = UltravisorBlock.request(UltravisorCommand.QUERY);
        int result = platform.ultravisor().uvc(new ApRegisters(), new ArrayStorage(block), 0, 0);
        UltravisorBlock answer = UltravisorBlock.of(block);
        boolean isAnswered = result == 0 || answer.returnCode() == UltravisorBlock.MORE_DATA;
        return isAnswered ? answer : null;
    }
}
