// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Has something go wrong on the host of a test, once it is booted: a fault in the words of a machine file.
 * <pre>{@code
 * @Test
 * @WithFault("{attribute: 05.0004/online, access: write, errno: EIO}")
 * void triesAgain(@Sys Path sys) { … }
 * }</pre>
 * Those of the class come first.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(WithFault.All.class)
public @interface WithFault {
    /** The fault, as {@code docs/faults.md} has it. */
    String value();

    /** Several faults. */
    @Documented
    @Inherited
    @Target({ElementType.TYPE, ElementType.METHOD})
    @Retention(RetentionPolicy.RUNTIME)
    @interface All {
        /** The faults, in order. */
        WithFault[] value();
    }
}
