// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cli.qmp;

import java.util.Map;

import com.google.gson.JsonObject;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The guest behind a monitor, as far as QEMU itself does not have it. */
public interface MonitoredGuest {
    /** What QMP answers to a command that is refused. */
    final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        private final String errorClass;
        private final String description;

        /**
         * A refusal.
         *
         * @param errorClass for example {@code GenericError}
         */
        public Refusal(String errorClass, String description) {
            super(description, null, false, false);
            this.errorClass = errorClass;
            this.description = description;
        }

        JsonObject toJson() {
            JsonObject error = new JsonObject();
            error.addProperty("class", errorClass);
            error.addProperty("desc", description);
            return error;
        }
    }

    /** Tells whether it is meant for KVM. */
    boolean wantsKvm();

    /**
     * Returns where its vfio-ap device is, null if it has none.
     *
     * @return for example {@code /machine/peripheral/hostdev0}
     */
    @Nullable
    String device();

    /** Plugs a vfio-ap device: the arguments of {@code device_add}. */
    void plug(Map<String, String> options) throws Refusal;

    /**
     * Takes its device out.
     *
     * @param id its id or path
     * @return where it was, null: somebody else was first, and has told
     */
    @Nullable
    String unplug(String id) throws Refusal;

    /** Tells all monitors that a device is gone from where it was. */
    void wasDeleted(String path);

    /** QEMU was reset, by whomever. */
    void wasReset();

    /** Tells whether somebody else, at a gdb stub, stops it and lets it run all the time: that is none of the monitor's business. */
    boolean isHeld();

    /** The monitor is about to let it run. */
    void beforeContinue() throws Refusal;

    /** The monitor is about to stop it. */
    void beforeStop() throws Refusal;
}
