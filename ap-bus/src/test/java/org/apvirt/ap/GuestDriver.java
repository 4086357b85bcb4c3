// SPDX-License-Identifier: Apache-2.0
package org.apvirt.ap;

import java.util.ArrayList;
import java.util.List;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.ApMask;

/** A queue driver that is not the host's own, as vfio_ap is none. */
final class GuestDriver extends ApDriver {
    final List<String> calls = new ArrayList<>();
    ApMask usedAdapters = ApMask.NONE;
    ApMask usedDomains = ApMask.NONE;

    GuestDriver() {
        super("guest", null);
    }

    @Override
    public boolean matches(ApDevice device) {
        return device instanceof ApQueue && device.type() >= 10;
    }

    @Override
    protected void probe(ApDevice device) {}

    @Override
    protected void remove(ApDevice device) {}

    @Override
    public boolean inUse(ApMask apm, ApMask aqm) {
        return apm.intersects(usedAdapters) && aqm.intersects(usedDomains);
    }

    @Override
    public void onConfigChanged(ApConfigInfo now, ApConfigInfo before) {
        calls.add("changed " + before.apm().count() + " to " + now.apm().count() + " adapters");
    }

    @Override
    public void onScanComplete(ApConfigInfo now, ApConfigInfo before) {
        calls.add("complete");
    }
}
