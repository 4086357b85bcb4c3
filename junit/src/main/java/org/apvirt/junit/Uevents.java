// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a {@code List<Uevent>} parameter: the uevents of the host's kernel since its boot was over. The list grows while the test
 * runs.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface Uevents {
}
