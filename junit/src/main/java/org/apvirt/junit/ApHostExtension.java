// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.apvirt.arch.VirtualTime;
import org.apvirt.device.Kernel;
import org.apvirt.device.Uevent;
import org.apvirt.host.Host;
import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.PlannedFault;
import org.apvirt.running.MachineControl;
import org.apvirt.sim.SimulatedMachine;
import org.apvirt.sysfs.SysfsMount;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
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
 *
 * <p>Only what JUnit has had since 5.9, and has in 6, is used here.
 */
public final class ApHostExtension implements ParameterResolver, AfterEachCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(ApHostExtension.class);

    private final @Nullable DescribedMachine own;

    /** Takes the machine from the annotation. */
    public ApHostExtension() {
        own = null;
    }

    private ApHostExtension(DescribedMachine own) {
        this.own = own;
    }

    /**
     * Takes the machine from text.
     *
     * @throws ExtensionConfigurationException the text is no machine file
     */
    public static ApHostExtension of(String machine) {
        return new ApHostExtension(DescribedMachine.of(machine, "machine"));
    }

    @Override
    public boolean supportsParameter(ParameterContext context, ExtensionContext extension) {
        Parameter parameter = context.getParameter();
        Class<?> type = parameter.getType();
        if (context.isAnnotated(Guest.class)) {
            return type == Host.class || type == Kernel.class || type == Path.class && context.isAnnotated(Sys.class);
        }
        return type == Host.class || type == Kernel.class || type == SimulatedMachine.class || type == VirtualTime.class
                || type == MachineControl.class || type == SysfsMount.class
                || type == Path.class && context.isAnnotated(Sys.class)
                || isListOf(Uevent.class, parameter) && context.isAnnotated(Uevents.class)
                || isListOf(String.class, parameter) && context.isAnnotated(KernelLog.class);
    }

    private static boolean isListOf(Class<?> element, Parameter parameter) {
        Type type = parameter.getParameterizedType();
        return parameter.getType() == List.class && type instanceof ParameterizedType list
                && list.getActualTypeArguments()[0] == element;
    }

    @Override
    public Object resolveParameter(ParameterContext context, ExtensionContext extension) {
        BootedHost booted = booted(extension);
        Host of = context.findAnnotation(Guest.class).map(guest -> booted.guest(guest.value())).orElse(booted.host());
        Class<?> type = context.getParameter().getType();
        if (type == Host.class) {
            return of;
        }
        if (type == Kernel.class) {
            return of.kernel();
        }
        if (type == Path.class) {
            return booted.sys(of);
        }
        if (type == SimulatedMachine.class) {
            return booted.machine().machine();
        }
        if (type == MachineControl.class) {
            return booted.machine().control();
        }
        if (type == VirtualTime.class) {
            return booted.time();
        }
        if (type == List.class) {
            return context.isAnnotated(Uevents.class) ? booted.uevents() : booted.log();
        }
        try {
            return booted.mount();
        } catch (IOException e) {
            throw new ParameterResolutionException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        close(context);
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        close(context);
    }

    /** The store of a release closes what another one leaves open, so nothing is left to it. */
    private void close(ExtensionContext context) throws IOException {
        Booted booted = context.getStore(STORE).remove(this, Booted.class);
        if (booted != null) {
            booted.host().close();
        }
    }

    /** A host in a store, which is not to close it. */
    private record Booted(BootedHost host) {}

    private BootedHost booted(ExtensionContext context) {
        Booted booted = context.getStore(STORE).getOrComputeIfAbsent(this,
                key -> new Booted(new BootedHost(own != null ? own : annotated(context), faults(context))),
                Booted.class);
        if (booted == null) {
            throw new IllegalStateException("the store computes what is absent");
        }
        return booted.host();
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

    private static DescribedMachine annotated(ExtensionContext context) {
        Optional<ApHost> annotation = context.getElement()
                .flatMap(element -> AnnotationSupport.findAnnotation(element, ApHost.class));
        Optional<ExtensionContext> at = Optional.of(context); // a nested class has the machine of the outer
        while (annotation.isEmpty() && at.isPresent()) {
            annotation = at.get().getTestClass().flatMap(type -> AnnotationSupport.findAnnotation(type, ApHost.class));
            at = at.get().getParent();
        }
        ApHost wanted = annotation.orElseThrow(
                () -> new ExtensionConfigurationException("annotate the test with @ApHost(\"machine.yaml\")"));
        if (wanted.machine().isEmpty() == wanted.value().isEmpty()) {
            throw new ExtensionConfigurationException("@ApHost takes a file or a machine, one of the two");
        }
        return wanted.value().isEmpty()
                ? DescribedMachine.of(wanted.machine(), "@ApHost")
                : DescribedMachine.find(wanted.value(), context.getRequiredTestClass());
    }
}
