// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a parameter that is of a guest instead of the host. The machine file names the guest below {@code guests}; it is given
 * its matrix, started, and its own kernel booted, when the first parameter asks for it. The parameter is an {@link
 * org.apvirt.host.Host}, a {@link org.apvirt.device.Kernel}, or, with {@link Sys @Sys}, a {@link java.nio.file.Path}.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface Guest {
    /** Its name in the machine file. */
    String value();
}
