// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.AnnotatedElement;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Kernel;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.machine.PlannedFault;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsMount;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Boots a host for each test; {@link ApHost} brings it along. As a field it takes the machine in words:
 * <pre>{@code
 * @RegisterExtension
 * static ApHostExtension host = ApHostExtension.of("""
 *         adapters: {5: CEX5C}
 *         usage-domains: [4]
 *         """);
 * }</pre>
 */
public final class ApHostExtension implements ParameterResolver {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(ApHostExtension.class);

    private final @Nullable MachineFile own;

    /** Takes the machine from the annotation. */
    public ApHostExtension() {
        own = null;
    }

    private ApHostExtension(MachineFile own) {
        this.own = own;
    }

    /**
     * Takes the machine from text.
     *
     * @throws ExtensionConfigurationException the text is no machine file
     */
    public static ApHostExtension of(String machine) {
        return new ApHostExtension(parse(machine, "machine"));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Host.class || type == Kernel.class || type == SimulatedMachine.class || type == VirtualTime.class
                || type == SysfsMount.class || type == Path.class && parameter.isAnnotated(Sys.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        BootedHost booted = booted(context);
        Class<?> type = parameter.getParameter().getType();
        if (type == Host.class) {
            return booted.host();
        }
        if (type == Kernel.class) {
            return booted.host().kernel();
        }
        if (type == SimulatedMachine.class) {
            return booted.machine();
        }
        if (type == VirtualTime.class) {
            return booted.time();
        }
        if (type == Path.class) {
            return booted.sys();
        }
        try {
            return booted.mount();
        } catch (IOException e) {
            throw new ParameterResolutionException(String.valueOf(e.getMessage()), e);
        }
    }

    private BootedHost booted(ExtensionContext context) {
        BootedHost booted = context.getStore(STORE).getOrComputeIfAbsent(this,
                key -> new BootedHost(own != null ? own : annotated(context), faults(context)), BootedHost.class);
        if (booted == null) {
            throw new IllegalStateException("the store computes what is absent");
        }
        return booted;
    }

    private static List<PlannedFault> faults(ExtensionContext context) {
        List<PlannedFault> faults = new ArrayList<>();
        for (Optional<? extends AnnotatedElement> place : List.of(context.getTestClass(), context.getTestMethod())) {
            for (WithFault fault : AnnotationSupport.findRepeatableAnnotations(place, WithFault.class)) {
                try {
                    faults.add(PlannedFault.parse(fault.value(), "@WithFault"));
                } catch (FileFormatException e) {
                    throw new ExtensionConfigurationException(String.valueOf(e.getMessage()), e);
                }
            }
        }
        return faults;
    }

    private static MachineFile annotated(ExtensionContext context) {
        Optional<ApHost> annotation = context.getElement()
                .flatMap(element -> AnnotationSupport.findAnnotation(element, ApHost.class));
        ApHost wanted = annotation.or(() -> context.getTestClass()
                .flatMap(type -> AnnotationSupport.findAnnotation(type, ApHost.class,
                        context.getEnclosingTestClasses())))
                .orElseThrow(
                        () -> new ExtensionConfigurationException("annotate the test with @ApHost(\"machine.yaml\")"));
        if (wanted.machine().isEmpty() == wanted.value().isEmpty()) {
            throw new ExtensionConfigurationException("@ApHost takes a file or a machine, one of the two");
        }
        return wanted.value().isEmpty()
                ? parse(wanted.machine(), "@ApHost")
                : file(wanted.value(), context.getRequiredTestClass());
    }

    private static MachineFile file(String name, Class<?> test) {
        try (InputStream resource = test.getResourceAsStream(name)) {
            if (resource != null) {
                return parse(new String(resource.readAllBytes(), StandardCharsets.UTF_8), name);
            }
            return MachineFile.read(Path.of(name));
        } catch (IOException | FileFormatException e) {
            throw new ExtensionConfigurationException(String.valueOf(e.getMessage()), e);
        }
    }

    private static MachineFile parse(String text, String name) {
        try {
            return MachineFile.parse(text, name);
        } catch (FileFormatException e) {
            throw new ExtensionConfigurationException(String.valueOf(e.getMessage()), e);
        }
    }
}
