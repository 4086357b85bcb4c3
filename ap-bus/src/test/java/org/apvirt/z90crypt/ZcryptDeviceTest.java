// SPDX-License-Identifier: Apache-2.0
package org.apvirt.z90crypt;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.sim.AdapterMode;
import org.apvirt.sim.AdapterSpec;
import org.apvirt.sim.CcaIdentity;
import org.apvirt.sim.Ep11Identity;
import org.apvirt.z90crypt.ZcryptDevice.QueueStatus;
import org.apvirt.zcrypt.Ep11Request;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The device as a Java program uses it, on a simulated system. */
class ZcryptDeviceTest extends OpenZcryptDevice {
    private static final BigInteger P = BigInteger.TWO.pow(511).nextProbablePrime();
    private static final BigInteger Q = BigInteger.TWO.pow(511).add(BigInteger.TWO.pow(400)).nextProbablePrime();
    private static final BigInteger N = P.multiply(Q);
    private static final BigInteger E = BigInteger.valueOf(65537);
    private static final BigInteger D = E.modInverse(
            P.subtract(BigInteger.ONE).multiply(Q.subtract(BigInteger.ONE)));

    ZcryptDeviceTest() {
        super(machine -> machine
                .adapter(AdapterSpec.of(5, 11, AdapterMode.CCA).cca(CcaIdentity.of("CARDFIVE")))
                .adapter(AdapterSpec.of(6, 14, AdapterMode.ACCELERATOR))
                .adapter(AdapterSpec.of(8, 13, AdapterMode.EP11).ep11(Ep11Identity.of("CARDEIGHT")))
                .usageDomains(ApMask.of(4)));
    }

    @Test
    void computesWithBothFormsOfAKey() throws ErrnoException {
        BigInteger message = BigInteger.valueOf(4711);
        byte[] cipher = device.modExpo(message.toByteArray(), E.toByteArray(), N.toByteArray());
        assertEquals(message.modPow(E, N), new BigInteger(1, cipher));
        byte[] clear = device.crt(128, cipher, P.toByteArray(), Q.toByteArray(),
                D.mod(P.subtract(BigInteger.ONE)).toByteArray(), D.mod(Q.subtract(BigInteger.ONE)).toByteArray(),
                Q.modInverse(P).toByteArray());
        assertEquals(message, new BigInteger(1, clear));
        assertEquals(128, clear.length);
    }

    @Test
    void aNumberThatDoesNotFitIsEinval() {
        assertEquals(Errno.EINVAL, assertThrows(ErrnoException.class,
                () -> device.modExpo(new byte[]{1, 0}, new byte[]{3}, new byte[]{15})).errno());
    }

    @Test
    void tellsTheStatusOfTheCards() throws ErrnoException {
        host.write("/devices/ap/card06/online", "0");
        assertEquals(List.of(new QueueStatus(new Apqn(5, 4), 11, true, 0xf0 >> 2),
                new QueueStatus(new Apqn(6, 4), 14, false, 0xe8 >> 2),
                new QueueStatus(new Apqn(8, 4), 13, true, 0xe4 >> 2)), device.status().queues());
        byte[] kinds = device.status().kinds();
        assertEquals(List.of(7, CardStatus.OFFLINE, 12), List.of((int) kinds[5], (int) kinds[6], (int) kinds[8]));
        assertEquals(4, device.status().defaultDomain());
        assertEquals(1, device.status().openFiles());
        assertEquals(0, device.status().waiting());
        assertEquals(0, device.status().pending());
        assertEquals(0, device.status().depths()[5]);
        int before = device.status().requestCounts()[5]; // the kernel's own random-number feed counts too
        device.random(1);
        assertEquals(before + 1, device.status().requestCounts()[5]);
    }

    @Test
    void randomBytesComeInAnyNumber() throws ErrnoException {
        byte[] first = device.random(5000);
        assertEquals(5000, first.length);
        assertFalse(Arrays.equals(Arrays.copyOf(first, 4096), device.random(4096)));
        assertArrayEquals(new byte[0], device.random(0));
    }

    @Test
    void ep11CardsAnswerQueries() throws ErrnoException {
        byte[] payload = new Ep11Payload(Ep11Payload.GET_INFO, 4).add(Ep11Payload.QUERY_MODULE).add(0).toBytes();
        byte[] request = new byte[Ep11Cprb.LENGTH + payload.length];
        Ep11Cprb.init(request, 0).target(4).returnCode(-1).payloadLength(payload.length);
        System.arraycopy(payload, 0, request, Ep11Cprb.LENGTH, payload.length);
        Ep11Request.Target card = new Ep11Request.Target(8, Ep11Request.Target.ANY);
        byte[] answer = device.sendEp11(List.of(new Ep11Request.Target(9, 4), card), request, 1000);
        assertEquals("CARDEIGHT       ", new String(answer, 32 + 26 + 108, 16));
    }

    @Test
    void aNodeThatIsNotThereIsEnoentAndOneThatForbidsIsEperm() throws ErrnoException {
        assertEquals(Errno.ENOENT,
                assertThrows(ErrnoException.class, () -> ZcryptDevice.open(host.kernel, "node1")).errno());
        host.write("/class/zcrypt/create", "node1");
        try (ZcryptDevice node = ZcryptDevice.open(host.kernel, "node1")) {
            assertEquals(Errno.EPERM, assertThrows(ErrnoException.class, () -> node.status().waiting()).errno());
        }
    }

    @Test
    void theDeviceOfAnotherArchitectureIsRefusedWithTheReason() {
        Assumptions.assumeFalse(System.getProperty("os.arch").equals("s390x"));
        assertEquals("/dev/z90crypt: only Linux on s390x has crypto cards, this is " + System.getProperty("os.name")
                + " on " + System.getProperty("os.arch"), ZcryptDevice.open(Path.of("/dev/z90crypt")).toString());
    }
}
