// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli;

import java.util.ArrayList;
import java.util.stream.Stream;

import org.apvirt.host.Level;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a level. */
final class LevelOption implements ITypeConverter<Level> {
    /** All there are, for the help text and the completion. */
    static final class Names extends ArrayList<String> {
        private static final long serialVersionUID = 1;

        Names() {
            super(Stream.of(Level.values()).map(Level::toString).toList());
        }
    }

    @Override
    public Level convert(String value) {
        try {
            return Level.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }
}
