package org.apvirt.cli;

import org.apvirt.host.Level;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a level. */
final class LevelOption implements ITypeConverter<Level> {
    @Override
    public Level convert(String value) {
        try {
            return Level.parse(value);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }
}
