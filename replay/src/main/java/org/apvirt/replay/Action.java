// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.util.List;

import org.apvirt.machine.HardwareChange;

/** What one step of a scenario does. */
public sealed interface Action {
    /** Tells whether the step gives an answer that can be compared. */
    default boolean answers() {
        return !(this instanceof Hardware || this instanceof Sleep || this instanceof WriteAsync);
    }

    /** Tells whether the step's answer carries the events and log lines that came since the last such step. */
    default boolean carriesEvents() {
        return this instanceof Write || this instanceof Scan || this instanceof Raw || this instanceof LoadModule
                || this instanceof UnloadModule;
    }

    /** write(2) of a text to a file. */
    record Write(String path, String data) implements Action {}

    /**
     * A write on a thread of its own, which may block.
     *
     * @param watched the recorder looked at a blocked writer for a minute before it went on
     */
    record WriteAsync(String path, String data, boolean watched) implements Action {}

    /** Reads a file. */
    record Read(String path) implements Action {}

    /** Lists a directory with all that is below it. */
    record Tree(String path) implements Action {}

    /** Reads a symbolic link. */
    record Link(String path) implements Action {}

    /** Has the AP bus scan: a write of {@code 1} to {@code /sys/bus/ap/scans}. */
    record Scan() implements Action {}

    /** The machine changes. */
    record Hardware(List<HardwareChange> changes) implements Action {}

    /** Takes the compact state of everything. */
    record State() implements Action {}

    /** Loads a module with parameters, {@code NAME=VALUE} separated by blanks. */
    record LoadModule(String module, String parameters) implements Action {}

    /** Unloads a module. */
    record UnloadModule(String module) implements Action {}

    /** A program runs. */
    record Shell(String command) implements Action {}

    /** Time passes. */
    record Sleep(int millis) implements Action {}

    /** A file operation of a process, in the request language of {@link RequestLanguage}. */
    record Raw(String request) implements Action {}
}
