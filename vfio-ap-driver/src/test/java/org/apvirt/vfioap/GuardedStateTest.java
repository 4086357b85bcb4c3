// SPDX-License-Identifier: Apache-2.0
package org.apvirt.vfioap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

import org.apvirt.arch.ApConfigInfo;
import org.apvirt.arch.Apqn;
import org.apvirt.device.ErrnoException;
import org.apvirt.mdev.MdevDevice;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** What a lock guards is not to be had without it: each method takes the handle of the locks and asks it. */
class GuardedStateTest {
    private static final String NONE = "nothing";
    private static final String LIST = "the guests' lock";
    private static final String CONTENTS = "the contents' lock";

    @Test
    void whoeverTouchesItShowsThatHeHoldsItsLock() throws ErrnoException {
        TestSystem system = TestSystem.reserved(TestLevel.LINUX_7_2);
        system.create(TestSystem.U1, "5", "4");
        MatrixDevice matrix = system.module.matrixDevice();
        MatrixMdev mdev = MatrixMdev.of((MdevDevice) matrix.child(TestSystem.U1));
        UpdateLocks plugHandle = matrix.lockContents();
        GuestMatrix plug = mdev.plug(plugHandle);
        plugHandle.close();
        Map<String, Consumer<UpdateLocks>> touched = new TreeMap<>();
        touched.put("1 mdevs", matrix::mdevs);
        touched.put("1 assignee", held -> matrix.assignee(new Apqn(5, 4), held));
        touched.put("1 add", held -> matrix.add(mdev, held));
        touched.put("1 remove", held -> matrix.remove(mdev, held));
        touched.put("4 claims", matrix::claims);
        touched.put("3 host", held -> matrix.host(ApConfigInfo.NONE, held));
        touched.put("4 matrix", mdev::matrix);
        touched.put("4 guest", mdev::guest);
        touched.put("2 plug", mdev::plug);
        touched.put("2 queues", mdev::queues);
        touched.put("2 pending", mdev::pending);
        touched.put("2 set pending", held -> mdev.pending(ApMatrix.NONE, held));
        touched.put("2 holding", mdev::holding);
        touched.put("2 leave", mdev::leave);
        touched.put("3 shadow", held -> plug.shadow(ApMatrix.NONE, held));
        touched.put("3 guest of the plug", held -> plug.guest(null, held));

        Map<String, List<String>> expected = new TreeMap<>();
        Map<String, List<String>> refused = new TreeMap<>();
        touched.forEach((name, touch) -> {
            expected.put(name, switch (name.charAt(0)) {
                case '1' -> List.of(NONE, CONTENTS);
                case '2' -> List.of(NONE, LIST);
                case '3' -> List.of(NONE, LIST, CONTENTS);
                default -> List.of(NONE); // either of the two
            });
            List<String> refusing = new ArrayList<>();
            UpdateLocks none = matrix.lockContents();
            none.close();
            if (refuses(touch, none)) {
                refusing.add(NONE);
            }
            if (!name.equals("1 add") && !name.equals("1 remove") && !name.equals("2 leave")) { // which would change something
                try (UpdateLocks list = matrix.lockGuests()) {
                    if (refuses(touch, list)) {
                        refusing.add(LIST);
                    }
                }
            } else if (name.equals("2 leave")) {
                refusing.add(LIST);
            }
            try (UpdateLocks contents = matrix.lockContents()) {
                if (!name.equals("2 leave") && refuses(touch, contents)) {
                    refusing.add(CONTENTS);
                }
            }
            refused.put(name, refusing);
        });
        assertEquals(expected, refused);
    }

    private static boolean refuses(Consumer<UpdateLocks> touch, UpdateLocks held) {
        try {
            touch.accept(held);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    /** The masks reach a virtual machine only from a change that holds its lock and those of all mdevs. */
    @Test
    void aGuestIsUpdatedWithItsOwnLockHeld() throws ErrnoException {
        TestSystem system = TestSystem.reserved(TestLevel.LINUX_7_2);
        system.create(TestSystem.U1, "5", "4");
        MatrixDevice matrix = system.module.matrixDevice();
        MatrixMdev mdev = MatrixMdev.of((MdevDevice) matrix.child(TestSystem.U1));
        try (RunningGuest guest = new RunningGuest(system, TestSystem.U1)) {
            try (UpdateLocks held = matrix.lockContents()) {
                assertThrows(IllegalStateException.class, () -> mdev.plug(held).update(held));
            }
            try (UpdateLocks held = matrix.lockForUpdate(mdev)) {
                system.forget();
                mdev.plug(held).update(held);
                assertEquals(List.of("set [5] [4] []"), system.masks);
                GuestMatrix plug = mdev.plug(held);
                held.release(LockOrder.MDEVS);
                assertThrows(IllegalStateException.class, () -> plug.update(held));
            }
            assertEquals(0, guest.tapq(5, 4));
        }
    }
}
