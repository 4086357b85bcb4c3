// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.Kernel;
import org.apvirt.device.ScannedNumber;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsText;

/** The attributes of the bus: {@code /sys/bus/ap}. Source: Linux {@code ap_bus.c}, {@code BUS_ATTR_*}. */
final class BusAttributes {
    private static final int MIN_CONFIG_TIME = 5; // seconds
    private static final int MAX_CONFIG_TIME = 120;

    private static final AttributeGroup<ApBus> ALWAYS = AttributeGroup.of(
            SysfsAttribute.rw("ap_domain", bus -> bus.defaultDomain() + "\n", BusAttributes::storeDomain),
            SysfsAttribute.ro("ap_control_domain_mask", bus -> mask(bus, ApConfigInfo::adm)),
            SysfsAttribute.ro("ap_usage_domain_mask", bus -> mask(bus, ApConfigInfo::aqm)),
            SysfsAttribute.ro("ap_adapter_mask", bus -> mask(bus, ApConfigInfo::apm)),
            SysfsAttribute.rw("config_time", bus -> bus.scanner().configTimeSeconds() + "\n",
                    BusAttributes::storeConfigTime),
            SysfsAttribute.rw("poll_thread", bus -> bus.poller().hasThread() ? "1\n" : "0\n",
                    (bus, text) -> bus.poller().thread(isScanned(bus)
                            ? ScannedNumber.decimal(bus.kernel(), text) != 0
                            : SysfsText.parseBoolean(bus.kernel(), text))),
            SysfsAttribute.ro("ap_interrupts", bus -> bus.interruption().isUsed() ? "1\n" : "0\n"),
            SysfsAttribute.rw("poll_timeout", bus -> bus.poller().highTimeout() + "\n",
                    BusAttributes::storePollTimeout),
            SysfsAttribute.ro("ap_max_domain_id", bus -> bus.maxDomainId() + "\n"),
            SysfsAttribute.ro("ap_max_adapter_id", bus -> bus.maxAdapterId() + "\n"),
            SysfsAttribute.rw("apmask", bus -> bus.permissions().apmask() + "\n",
                    (bus, text) -> bus.permissions().storeApmask(text)),
            SysfsAttribute.rw("aqmask", bus -> bus.permissions().aqmask() + "\n",
                    (bus, text) -> bus.permissions().storeAqmask(text)),
            SysfsAttribute.rw("scans", bus -> bus.scanner().scans() + "\n", (bus, text) -> bus.scan()),
            SysfsAttribute.ro("bindings", BusAttributes::showBindings));

    private static final Map<ApQuirk, SysfsAttribute<ApBus>> BY_QUIRK = new EnumMap<>(Map.of(
            ApQuirk.FEATURES, SysfsAttribute.ro("features", BusAttributes::showFeatures),
            ApQuirk.BINDINGS_COMPLETE_COUNT,
            SysfsAttribute.ro("bindings_complete_count", bus -> bus.bindings().completions() + "\n")));

    private BusAttributes() {}

    /** Returns the attributes that the bus of a kernel has. */
    static AttributeGroup<ApBus> of(Kernel kernel) {
        AttributeGroup<ApBus> all = ALWAYS;
        for (Map.Entry<ApQuirk, SysfsAttribute<ApBus>> attribute : BY_QUIRK.entrySet()) {
            if (kernel.has(attribute.getKey())) {
                all = all.with(attribute.getValue());
            }
        }
        return all;
    }

    private static String mask(ApBus bus, Function<ApConfigInfo, ApMask> field) {
        ApConfigInfo info = bus.configInfo();
        return info == ApConfigInfo.NONE ? "not supported\n" : field.apply(info) + "\n";
    }

    private static void storeDomain(ApBus bus, String text) throws ErrnoException {
        int domain = ScannedNumber.anyBase(bus.kernel(), text);
        if (domain < 0 || domain > bus.maxDomainId() || !bus.permissions().aqmask().contains(domain)) {
            throw new ErrnoException(Errno.EINVAL, "domain " + domain + " is not one of this system's");
        }
        bus.defaultDomain(domain);
    }

    private static void storeConfigTime(ApBus bus, String text) throws ErrnoException {
        int seconds = ScannedNumber.decimal(bus.kernel(), text);
        if (seconds < MIN_CONFIG_TIME || seconds > MAX_CONFIG_TIME) {
            throw new ErrnoException(Errno.EINVAL,
                    seconds + " seconds are not in " + MIN_CONFIG_TIME + ".." + MAX_CONFIG_TIME);
        }
        bus.scanner().configTimeSeconds(seconds);
    }

    private static void storePollTimeout(ApBus bus, String text) throws ErrnoException {
        boolean scanned = isScanned(bus);
        long nanos = scanned ? ScannedNumber.unsignedDecimal(text) : SysfsText.parseNumber(text);
        if (scanned && nanos == 0) {
            throw new ErrnoException(Errno.EINVAL, "a poll_timeout of 0 ns");
        }
        if (Long.compareUnsigned(nanos, ApPoller.MAX_HIGH_TIMEOUT) > 0) {
            throw new ErrnoException(Errno.EINVAL, Long.toUnsignedString(nanos) + " ns are more than two minutes");
        }
        bus.poller().highTimeout(nanos);
    }

    private static boolean isScanned(ApBus bus) {
        return bus.kernel().has(ApQuirk.POLL_SETTINGS_ARE_SCANNED);
    }

    private static String showBindings(ApBus bus) {
        int bound = bus.bindings().bound();
        int all = bus.bindings().queues();
        return bound + "/" + all + (bus.scanner().scans() > 0 && bound == all ? " (complete)\n" : "\n");
    }

    private static String showFeatures(ApBus bus) {
        ApConfigInfo info = bus.configInfo();
        if (info == ApConfigInfo.NONE) {
            return "-\n";
        }
        List<String> names = new ArrayList<>();
        addFeature(names, info, ApConfigInfo.APSC, "APSC");
        addFeature(names, info, ApConfigInfo.APXA, "APXA");
        addFeature(names, info, ApConfigInfo.QACT, "QACT");
        addFeature(names, info, ApConfigInfo.RC8A, "RC8A");
        addFeature(names, info, ApConfigInfo.APSB, "APSB");
        return String.join(" ", names) + '\n';
    }

    private static void addFeature(List<String> names, ApConfigInfo info, int flag, String name) {
        if (info.has(flag)) {
            names.add(name);
        }
    }
}
