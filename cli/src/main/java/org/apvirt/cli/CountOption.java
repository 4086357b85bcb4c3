// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads how many of something are wanted at most: 0 or more. */
final class CountOption implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
        if (!value.matches("[0-9]{1,9}")) {
            throw new TypeConversionException("'" + value + "' is no number from 0 to 999999999");
        }
        return Integer.valueOf(value);
    }
}
