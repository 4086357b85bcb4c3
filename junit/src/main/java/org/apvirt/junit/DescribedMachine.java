// SPDX-License-Identifier: Apache-2.0
package org.apvirt.junit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apvirt.machine.FileFormatException;
import org.apvirt.machine.MachineFile;
import org.apvirt.plan.Plan;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ParameterResolutionException;

/**
 * What a test says of its machine.
 *
 * @param name what errors call the text
 * @param text a machine file, or a plan file
 * @param file the machine of it
 */
record DescribedMachine(String name, String text, MachineFile file) {
    static DescribedMachine of(String text, String name) {
        try {
            return new DescribedMachine(name, text, MachineFile.parse(text, name));
        } catch (FileFormatException e) {
            throw new ExtensionConfigurationException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Reads a resource beside a test class, else a file. */
    static DescribedMachine find(String name, Class<?> test) {
        try (InputStream resource = test.getResourceAsStream(name)) {
            if (resource != null) {
                return of(new String(resource.readAllBytes(), StandardCharsets.UTF_8), name);
            }
            Path file = Path.of(name);
            if (Files.isRegularFile(file)) {
                return of(Files.readString(file), name);
            }
            String beside = name.startsWith("/") ? name : '/' + test.getPackageName().replace('.', '/') + '/' + name;
            throw new ExtensionConfigurationException("@ApHost(\"" + name + "\") of " + test.getName()
                    + ": there is neither a resource " + beside + " on the class path nor a file "
                    + file.toAbsolutePath());
        } catch (IOException e) {
            throw new ExtensionConfigurationException("@ApHost(\"" + name + "\"): " + e.getMessage(), e);
        }
    }

    /** Returns what it says of a guest. */
    Plan.Guest guest(String wanted) {
        try {
            Plan plan = Plan.parse(text, name);
            Plan.Guest guest = plan.guests().get(wanted);
            if (guest == null) {
                throw new ParameterResolutionException("@Guest(\"" + wanted + "\"): " + name + " has no such guest"
                        + " (guests: " + String.join(", ", plan.guests().keySet()) + ")");
            }
            return guest;
        } catch (FileFormatException e) {
            throw new ParameterResolutionException("@Guest(\"" + wanted + "\"): " + e.getMessage(), e);
        }
    }
}
