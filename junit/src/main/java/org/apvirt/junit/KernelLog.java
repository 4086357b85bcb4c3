// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a {@code List<String>} parameter: the lines of the host's kernel log since its boot. The list grows while the test runs. */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface KernelLog {
}
