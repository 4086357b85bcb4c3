// SPDX-License-Identifier: Apache-2.0
package org.apvirt.qemu;

import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import org.apvirt.cpu.QemuPolicy;
import org.apvirt.cpu.QemuVersion;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The objects made by {@code -object}: only their types and ids matter. */
final class MachineObjects {
    private static final Set<String> TYPES = Set.of("authz-list", "authz-list-file", "authz-pam", "authz-simple",
            "can-bus", "can-host-socketcan", "colo-compare", "cryptodev-backend", "cryptodev-backend-builtin",
            "cryptodev-backend-lkcf", "cryptodev-vhost-user", "dbus-vmstate", "filter-buffer", "filter-dump",
            "filter-mirror", "filter-redirector", "filter-replay", "filter-rewriter", "input-barrier", "input-linux",
            "iothread", "main-loop", "memory-backend-epc", "memory-backend-file", "memory-backend-memfd",
            "memory-backend-ram", "pr-manager-helper", "qtest", "rng-builtin", "rng-egd",
            "rng-random", "s390-pv-guest", "secret", "secret_keyring", "thread-context", "throttle-group",
            "tls-cipher-suites", "tls-creds-anon", "tls-creds-psk", "tls-creds-x509");

    private static final String IOMMU = "/dev/iommu";

    private final QemuVersion version;
    private final Map<String, String> typesById = new HashMap<>();
    private boolean iommufdIsOpened;

    MachineObjects(QemuVersion version) {
        this.version = version;
    }

    /**
     * Makes the objects: what one needs of the host is looked for now.
     *
     * @param host null if it is not there to be looked at
     */
    void make(@Nullable HostAccess host) throws QemuException {
        if (host != null && iommufdIsOpened && version.has(QemuPolicy.IOMMUFD_LOOKS_AT_ONCE)
                && !Files.exists(host.path(IOMMU))) {
            throw new QemuException(IOMMU + " does not exist (is your kernel config missing CONFIG_IOMMUFD?)");
        }
    }

    /** Adds the object that an argument of {@code -object} describes. Its properties are not looked at. */
    void add(String argument) throws QemuException {
        Map<String, ? extends Object> values = argument.startsWith("{")
                ? JsonObject.parse(argument, version)
                : OptionText.parse(argument, "qom-type").values();
        if (!(values.get("qom-type") instanceof String type)) {
            throw new QemuException("Parameter 'qom-type' is missing");
        }
        boolean isIommufd = type.equals("iommufd") && version.has(QemuPolicy.IOMMUFD);
        boolean isShm = type.equals("memory-backend-shm") && version.has(QemuPolicy.MEMORY_BACKEND_SHM);
        if (!isIommufd && !TYPES.contains(type) && !isShm) {
            throw new QemuException("Parameter 'qom-type' does not accept value '" + type + "'");
        }
        if (!(values.get("id") instanceof String id)) {
            throw new QemuException("Parameter 'id' is missing");
        }
        if (!OptionText.isIdentifier(id)) {
            throw OptionText.badId();
        }
        iommufdIsOpened |= isIommufd && !values.containsKey("fd");
        if (typesById.putIfAbsent(id, type) != null) {
            throw new QemuException("Duplicate ID '" + id + "' for object");
        }
    }

    /** Checks that there is an object of an id and that it has a type. */
    void require(String id, String type) throws QemuException {
        String found = typesById.get(id);
        if (found == null) {
            throw new QemuException("Device '" + id + "' not found", null, QemuException.ErrorClass.DEVICE_NOT_FOUND);
        }
        if (!found.equals(type)) {
            throw new QemuException("Invalid parameter type for 'iommufd', expected: " + type);
        }
    }
}
