package org.apvirt.gdb;

import java.io.IOException;
import java.io.UncheckedIOException;

import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;

/**
 * The storage of a guest that is stopped at an AP instruction. The stub's PSW is that of the interrupted program
 * meanwhile, so logical addresses are translated as the program's own accesses would be. A lost connection is an
 * {@link UncheckedIOException}, which {@link AttachedGuest} takes apart again.
 */
final class StubStorage implements Storage {
    private final GuestStub stub;

    StubStorage(GuestStub stub) {
        this.stub = stub;
    }

    private interface Access {
        void run() throws IOException;
    }

    private static int attempt(Access access) {
        try {
            access.run();
            return 0;
        } catch (RspException e) {
            return ProgramCode.ADDRESSING;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int load(long address, byte[] into, int offset, int length) {
        return attempt(() -> stub.load(address, into, offset, length));
    }

    @Override
    public int store(long address, byte[] from, int offset, int length) {
        return attempt(() -> stub.store(address, from, offset, length));
    }

    private int absolutely(Access access) {
        return attempt(() -> {
            stub.absolute(true);
            try {
                access.run();
            } finally {
                stub.absolute(false);
            }
        });
    }

    @Override
    public int loadAbsolute(long address, byte[] into, int offset, int length) {
        return absolutely(() -> stub.load(address, into, offset, length));
    }

    @Override
    public int storeAbsolute(long address, byte[] from, int offset, int length) {
        return absolutely(() -> stub.store(address, from, offset, length));
    }
}
