// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.MasterKeyCommand;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * AV: master keys are changed by a message. Not IBM's; see {@link MasterKeyCommand}. Whether the sender may reach the
 * domain has been decided by the ADM before this is asked.
 */
final class CcaAdministration {
    private CcaAdministration() {}

    static byte[] reply(VerbRequest verb) {
        if (!verb.machine().spec().administration() || verb.request().identifier() != MasterKeyCommand.CPRB) {
            return CcaEngine.unknown();
        }
        CcaParameters block = verb.block();
        MasterKeyCommand command = block == null ? null : MasterKeyCommand.parse(block);
        if (block == null || command == null) {
            return verb.refuse(CcaResult.BAD_LENGTH);
        }
        CcaResult result = change(verb.domain(), command);
        block.erase();
        return result.isDone() ? verb.answer(MasterKeyCommand.reply()) : verb.refuse(result);
    }

    private static CcaResult change(CryptoDomain domain, MasterKeyCommand command) {
        if (command.operation().equals(MasterKeyCommand.ZEROIZE)) {
            if (!command.set().equals(MasterKeyCommand.ALL)) {
                return CcaResult.KEYWORDS_CONFLICT;
            }
            domain.zeroize();
            return CcaResult.DONE;
        }
        MasterKeyOperation operation = operation(command.operation());
        MasterKeySet set = set(command.set());
        if (operation == null || set == null) {
            return CcaResult.BAD_KEYWORD;
        }
        return switch (domain.change(set, operation, command.part())) {
            case DONE -> CcaResult.DONE;
            case WRONG_LENGTH -> CcaResult.BAD_KEY_LENGTH;
            case WRONG_ORDER, SAME_KEY -> CcaResult.BAD_KEYWORD; // IBM's reason codes for these are not public
        };
    }

    private static @Nullable MasterKeyOperation operation(String keyword) {
        for (MasterKeyOperation operation : MasterKeyOperation.values()) {
            if (operation.keyword().equals(keyword)) {
                return operation;
            }
        }
        return null;
    }

    private static @Nullable MasterKeySet set(String keyword) {
        for (MasterKeySet set : MasterKeySet.values()) {
            if (set.name().equals(keyword)) {
                return set;
            }
        }
        return null;
    }
}
