// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import org.apvirt.arch.ep11.Ep11Return;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;

/**
 * Function 41: the wrapping key of a domain is changed. Not IBM's: a real card wants commands that its administrators have
 * signed, in a form that is not public; here anybody may give one whom the ADM lets reach the domain. The numbers of the
 * commands are IBM's.
 */
final class Ep11Administration {
    private static final int FIELDS = 4; // function, domain, command, zero

    private Ep11Administration() {}

    static Ep11Payload answer(Ep11Engine.Request request) {
        if (!request.addressee().machine().spec().administration()
                || (request.request().flags() & Ep11Cprb.ADMIN) == 0) {
            return request.refuse(Ep11Return.FUNCTION_NOT_SUPPORTED);
        }
        Ep11Payload asked = request.asked();
        if (asked.size() != FIELDS) {
            return request.refuse(Ep11Return.ARGUMENTS_BAD);
        }
        if (asked.word(1) != request.domain().apqn().apqi()) {
            return request.refuse(Ep11Return.TARGET_INVALID);
        }
        for (WrappingKey.Operation operation : WrappingKey.Operation.values()) {
            if (operation.command() == asked.word(2)) {
                return request.domain().change(operation) == KeyChange.DONE
                        ? request.answer(new byte[0])
                        : request.refuse(Ep11Return.FUNCTION_REJECTED);
            }
        }
        return request.refuse(Ep11Return.ARGUMENTS_BAD);
    }
}
