// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test a freshly booted host of a machine file.
 * <pre>{@code
 * @ApHost("two-cards.yaml")
 * class PluginTest {
 *     @Test void findsTheCards(@Sys Path sys) throws IOException {
 *         assertEquals("CEX5C\n", Files.readString(sys.resolve("devices/ap/card05/type")));
 *     }
 * }
 * }</pre>
 * Parameters that a test, or its {@code @BeforeEach}, may take: {@link org.apvirt.host.Host}, {@link
 * org.apvirt.running.MachineControl} and {@link org.apvirt.sim.SimulatedMachine} (to change the hardware), {@link
 * org.apvirt.arch.VirtualTime} (stands still until the test moves it), {@link org.apvirt.device.Kernel}, {@link Sys @Sys}
 * {@link java.nio.file.Path}, {@link Uevents @Uevents} and {@link KernelLog @KernelLog} lists, and {@link
 * org.apvirt.sysfs.SysfsMount}, which mounts {@code sys} and {@code dev} on a new directory until the test ends; with {@link
 * Guest @Guest} those of a guest. On a method the annotation overrides that of the class.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ApHostExtension.class)
public @interface ApHost {
    /** The machine file: a resource beside the test class, else a file. */
    String value() default "";

    /** The text of a machine file, instead of a file. */
    String machine() default "";
}
