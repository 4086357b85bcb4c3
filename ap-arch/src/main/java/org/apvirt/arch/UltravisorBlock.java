// SPDX-License-Identifier: Apache-2.0
package org.apvirt.arch;

import java.nio.ByteBuffer;

/**
 * A view of the control block of UVC. It copies nothing. Big-endian; bits are numbered MSB-0.
 * <pre>
 *  offset length field
 *   0x00    2    length of the block
 *   0x02    2    command
 *   0x04    2    return code
 *   0x06    2    reason of the return code
 *
 *  QUERY, all of it answered:
 *   0x10   32    commands that are installed
 *   0x9e    2    highest CPU id
 *   0xa0    8    features of guests: bit 4 AP, 5 AP interruptions
 *   0xf8    8    versions of add-secret requests
 *  0x100    8    flags of add-secret requests
 *  0x108    8    types of secrets
 *  0x110    2    most secrets for association
 *  0x112    2    most secrets to be retrieved
 *
 *  SET_SHARED, REMOVE_SHARED:
 *   0x20    8    absolute address of the page
 *
 *  ADD_SECRET, LIST_SECRETS:
 *   0x1e    2    LIST_SECRETS: the first index wanted
 *   0x20    8    logical address of the request, or of the page to fill
 * </pre>
 * Source: Linux {@code arch/s390/include/asm/uv.h}, {@code struct uv_cb_header}, {@code uv_cb_qui}, {@code uv_cb_share},
 * {@code uv_cb_list_secrets}.
 */
public final class UltravisorBlock {
    /** Length of what every block begins with. */
    public static final int HEADER_LENGTH = 8;
    /** Doublewords of the list of commands. */
    public static final int COMMAND_WORDS = 4;
    /** Feature of guests: AP. */
    public static final long FEATURE_AP = Long.MIN_VALUE >>> 4;

    /** Return code: done. */
    public static final int EXECUTED = 0x0001;
    /** There is no such command. */
    public static final int INVALID_COMMAND = 0x0002;
    /** The block has another length than the command's. */
    public static final int INVALID_LENGTH = 0x0005;
    /** What an address in the block names cannot be reached. */
    public static final int ACCESS_EXCEPTION = 0x0031;
    /** An address in the block is none of a page. */
    public static final int INVALID_ADDRESS = 0x0032;
    /** There is more than the block, or the page, has room for; what has room is there. */
    public static final int MORE_DATA = 0x0100;
    /** ADD_SECRET, LOCK_SECRETS: the secrets were locked. */
    public static final int SECRETS_LOCKED = 0x0102;
    /** ADD_SECRET: a request of an unknown version. */
    public static final int INVALID_VERSION = 0x0104;
    /** ADD_SECRET: the request is too short, or longer than it says. */
    public static final int INVALID_REQUEST_LENGTH = 0x0105;
    /** ADD_SECRET: flags that are not known. */
    public static final int INVALID_FLAGS = 0x0107;
    /** ADD_SECRET: nobody here can decrypt it. */
    public static final int NOT_DECRYPTED = 0x0108;
    /** ADD_SECRET: a secret of a type that is not supported. */
    public static final int INVALID_SECRET = 0x0109;
    /** ADD_SECRET: there is no room. */
    public static final int SECRETS_FULL = 0x010b;

    private static final int COMMAND = 0x02;
    private static final int RETURN_CODE = 0x04;
    private static final int COMMANDS = 0x10;
    private static final int START_INDEX = 0x1e;
    private static final int ADDRESS = 0x20;
    private static final int HIGHEST_CPU = 0x9e;
    private static final int FEATURES = 0xa0;
    private static final int SECRET_VERSIONS = 0xf8;
    private static final int SECRET_FLAGS = 0x100;
    private static final int SECRET_TYPES = 0x108;
    private static final int MOST_ASSOCIATION_SECRETS = 0x110;
    private static final int MOST_RETRIEVABLE_SECRETS = 0x112;

    private final ByteBuffer block;

    private UltravisorBlock(ByteBuffer block) {
        this.block = block;
    }

    /** Returns a view of a block; what lies beyond its end must not be asked for. */
    public static UltravisorBlock of(byte[] block) {
        return new UltravisorBlock(ByteBuffer.wrap(block));
    }

    /** Returns a block that asks for a command, and nothing else. */
    public static byte[] request(UltravisorCommand command) {
        return ByteBuffer.allocate(command.lengthBytes()).putShort((short) command.lengthBytes())
                .putShort((short) command.code()).array();
    }

    private int halfword(int offset) {
        return block.getShort(offset) & 0xffff;
    }

    /** Returns the length that the block says. */
    public int length() {
        return halfword(0);
    }

    /** Returns the code of the command. */
    public int command() {
        return halfword(COMMAND);
    }

    /** Returns the return code. */
    public int returnCode() {
        return halfword(RETURN_CODE);
    }

    /** Sets the return code, without a reason. */
    public void returnCode(int code) {
        block.putInt(RETURN_CODE, code << 16);
    }

    /** Returns the first index wanted. */
    public int startIndex() {
        return halfword(START_INDEX);
    }

    /** Returns the address of a page, or of a request. */
    public long address() {
        return block.getLong(ADDRESS);
    }

    /** Returns a doubleword of the list of commands, 0..3. */
    public long commands(int word) {
        return block.getLong(COMMANDS + Long.BYTES * word);
    }

    /** Tells whether a command is installed. */
    public boolean has(UltravisorCommand command) {
        return (commands(command.bit() / Long.SIZE) & Long.MIN_VALUE >>> command.bit()) != 0;
    }

    /** Adds a command to the list. */
    public void add(UltravisorCommand command) {
        int word = command.bit() / Long.SIZE;
        block.putLong(COMMANDS + Long.BYTES * word, commands(word) | Long.MIN_VALUE >>> command.bit());
    }

    /** Returns the highest CPU id. */
    public int highestCpu() {
        return halfword(HIGHEST_CPU);
    }

    /** Sets the highest CPU id. */
    public void highestCpu(int id) {
        block.putShort(HIGHEST_CPU, (short) id);
    }

    /** Returns the features of guests. */
    public long features() {
        return block.getLong(FEATURES);
    }

    /** Sets the features of guests. */
    public void features(long features) {
        block.putLong(FEATURES, features);
    }

    /** Returns the versions of add-secret requests. */
    public long secretVersions() {
        return block.getLong(SECRET_VERSIONS);
    }

    /** Returns the flags of add-secret requests. */
    public long secretFlags() {
        return block.getLong(SECRET_FLAGS);
    }

    /** Returns the types of secrets: bit n for type n. */
    public long secretTypes() {
        return block.getLong(SECRET_TYPES);
    }

    /** Sets the types of secrets. */
    public void secretTypes(long types) {
        block.putLong(SECRET_TYPES, types);
    }

    /** Returns how many secrets for association there can be. */
    public int mostAssociationSecrets() {
        return halfword(MOST_ASSOCIATION_SECRETS);
    }

    /** Sets how many secrets for association there can be. */
    public void mostAssociationSecrets(int most) {
        block.putShort(MOST_ASSOCIATION_SECRETS, (short) most);
    }

    /** Returns how many secrets to be retrieved there can be. */
    public int mostRetrievableSecrets() {
        return halfword(MOST_RETRIEVABLE_SECRETS);
    }
}
