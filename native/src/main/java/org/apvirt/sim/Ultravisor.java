// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ApInstructions;
import org.apvirt.arch.ApRegisters;
import org.apvirt.arch.ProgramCode;
import org.apvirt.arch.Storage;
import org.apvirt.arch.UltravisorBlock;
import org.apvirt.arch.UltravisorCall;
import org.apvirt.arch.UltravisorCommand;

/**
 * The ultravisor as a Secure Execution guest meets it: says what it can do, takes notice of shared pages, keeps secrets. It
 * protects nothing. Whatever is wrong with a control block is told by a return code; only one that cannot be read or written is an
 * interruption.
 *
 * <p>Not here: attestation, secrets to be retrieved, hashes of host keys. Their commands are not among those that QUERY lists.
 *
 * <p>Source: Linux {@code arch/s390/include/asm/uv.h}, {@code arch/s390/boot/uv.c}.
 */
final class Ultravisor implements UltravisorCall {
    private static final int HIGHEST_CPU = 247;
    private static final int PAGE_BYTES = 4096;

    private final SecretStore secrets;

    Ultravisor(SecretStore secrets) {
        this.secrets = secrets;
    }

    @Override
    public int uvc(ApRegisters registers, Storage storage, int r1, int r2) {
        if (registers.problemState()) {
            return ApInstructions.interruption(ProgramCode.PRIVILEGED_OPERATION);
        }
        long address = registers.gr(r2);
        byte[] header = new byte[UltravisorBlock.HEADER_LENGTH];
        int access = storage.load(address, header, 0, header.length);
        if (access != 0) {
            return ApInstructions.interruption(access);
        }
        UltravisorBlock asked = UltravisorBlock.of(header);
        UltravisorCommand command = UltravisorCommand.of(asked.command());
        if (command == null || !hasLength(command, asked.length())) {
            asked.returnCode(command == null ? UltravisorBlock.INVALID_COMMAND : UltravisorBlock.INVALID_LENGTH);
            return answer(storage, address, header, header.length);
        }
        byte[] block = new byte[command.lengthBytes()];
        int told = command == UltravisorCommand.QUERY ? Math.min(asked.length(), block.length) : header.length;
        access = storage.load(address, block, 0, command == UltravisorCommand.QUERY ? header.length : block.length);
        if (access != 0) {
            return ApInstructions.interruption(access);
        }
        UltravisorBlock whole = UltravisorBlock.of(block);
        whole.returnCode(perform(command, whole, storage));
        return answer(storage, address, block, told);
    }

    /** QUERY answers with as much as there is room for; kernels of different age know more or less of it. */
    private static boolean hasLength(UltravisorCommand command, int length) {
        return command == UltravisorCommand.QUERY
                ? length >= UltravisorBlock.HEADER_LENGTH && length % Long.BYTES == 0
                : length == command.lengthBytes();
    }

    /** Stores what is answered, and returns the condition code. */
    private static int answer(Storage storage, long address, byte[] block, int length) {
        int access = storage.store(address, block, 0, length);
        if (access != 0) {
            return ApInstructions.interruption(access);
        }
        return UltravisorBlock.of(block).returnCode() == UltravisorBlock.EXECUTED ? 0 : 1;
    }

    private int perform(UltravisorCommand command, UltravisorBlock block, Storage storage) {
        return switch (command) {
            case QUERY -> query(block);
            case SET_SHARED, REMOVE_SHARED -> share(block.address(), storage);
            case ADD_SECRET -> add(block.address(), storage);
            case LIST_SECRETS -> list(block, storage);
            case LOCK_SECRETS -> secrets.lock();
        };
    }

    private static int query(UltravisorBlock block) {
        boolean isWhole = block.length() >= UltravisorCommand.QUERY.lengthBytes();
        for (UltravisorCommand command : UltravisorCommand.values()) {
            block.add(command);
        }
        block.highestCpu(HIGHEST_CPU);
        block.features(UltravisorBlock.FEATURE_AP);
        block.secretTypes(Long.MIN_VALUE >>> SecretStore.ASSOCIATION);
        block.mostAssociationSecrets(AssociationSecret.MOST);
        return isWhole ? UltravisorBlock.EXECUTED : UltravisorBlock.MORE_DATA;
    }

    /** Storage is the host's anyway; that the page exists is all that there is to see. */
    private static int share(long page, Storage storage) {
        return page % PAGE_BYTES == 0 && storage.loadAbsolute(page, new byte[1], 0, 1) == 0
                ? UltravisorBlock.EXECUTED
                : UltravisorBlock.INVALID_ADDRESS;
    }

    private int add(long address, Storage storage) {
        byte[] request = new byte[SecretStore.REQUEST_LENGTH];
        return storage.load(address, request, 0, request.length) == 0
                ? secrets.add(request)
                : UltravisorBlock.ACCESS_EXCEPTION;
    }

    private int list(UltravisorBlock block, Storage storage) {
        if (block.address() % PAGE_BYTES != 0) {
            return UltravisorBlock.INVALID_ADDRESS;
        }
        byte[] page = new byte[SecretStore.PAGE_BYTES];
        int code = secrets.list(block.startIndex(), page);
        return storage.store(block.address(), page, 0, page.length) == 0 ? code : UltravisorBlock.ACCESS_EXCEPTION;
    }
}
