// SPDX-License-Identifier: Apache-2.0
package org.apvirt.gdb;

import java.io.IOException;
import java.io.UncheckedIOException;

import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;

/**
 * The storage of a guest that is stopped at an AP instruction. The stub's PSW is that of the interrupted program
 * meanwhile, so logical addresses are translated as the program's own accesses would be. A lost connection is an
 * {@link UncheckedIOException}, which {@link StubTransport} takes apart again.
 */
final class StubStorage implements Storage {
    private final GuestStub stub;

    StubStorage(GuestStub stub) {
        this.stub = stub;
    }

    @Override
    public int load(long address, byte[] into, int offset, int length) {
        try {
            return stub.tryLoad(address, into, offset, length) ? 0 : ProgramCode.ADDRESSING;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int store(long address, byte[] from, int offset, int length) {
        try {
            return stub.tryStore(address, from, offset, length) ? 0 : ProgramCode.ADDRESSING;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int loadAbsolute(long address, byte[] into, int offset, int length) {
        stub.absolute(true);
        try {
            return load(address, into, offset, length);
        } finally {
            stub.absolute(false);
        }
    }

    @Override
    public int storeAbsolute(long address, byte[] from, int offset, int length) {
        stub.absolute(true);
        try {
            return store(address, from, offset, length);
        } finally {
            stub.absolute(false);
        }
    }
}
