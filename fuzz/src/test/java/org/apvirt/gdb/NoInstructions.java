// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.Storage;

/** A machine on which every AP instruction ends with condition code 3. */
enum NoInstructions implements ApInstructions {
    INSTANCE;

    @Override
    public int pqap(ApRegisters registers, Storage storage) {
        return 3;
    }

    @Override
    public int nqap(ApRegisters registers, Storage storage, int r1, int r2) {
        return 3;
    }

    @Override
    public int dqap(ApRegisters registers, Storage storage, int r1, int r2) {
        return 3;
    }
}
