// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import org.apvirt.cpu.QemuVersion;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a QEMU. */
final class VersionOption implements ITypeConverter<QemuVersion> {
    @Override
    public QemuVersion convert(String value) {
        try {
            return QemuVersion.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }
}
