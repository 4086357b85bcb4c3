// SPDX-License-Identifier: Apache-2.0
package org.apvirt.it.guest;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

import org.apvirt.arch.msg.CcaFacilityQuery;
import org.apvirt.arch.msg.Cprbx;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.device.ErrnoException;
import org.apvirt.z90crypt.ZcryptDevice;
import org.apvirt.zcrypt.CcaRequest;
import org.apvirt.zcrypt.Ep11Request;

/** Uses a z90crypt, wherever it is, and tells what it answered. Runs on the JVM inside a guest too. */
final class ZcryptClient {
    private static final int SERIAL_OF_MODULE = 32 + 26 + 108; // CPRB, head of the payload, offset in the module's data

    private final ZcryptDevice device;
    private final List<String> lines = new ArrayList<>();

    private ZcryptClient(ZcryptDevice device) {
        this.device = device;
    }

    /**
     * Opens the device of this machine and prints one line for each thing it did.
     *
     * @param numbers as of {@link #transcript}
     */
    public static void main(String... numbers) throws ErrnoException {
        System.out.println(ZcryptDevice.open(Path.of("/dev/nothing")));
        switch (ZcryptDevice.open(Path.of("/dev/z90crypt"))) {
            case ZcryptDevice.Refused refused -> System.out.println(refused);
            case ZcryptDevice.Opened opened -> {
                try (ZcryptDevice device = opened.device()) {
                    transcript(device, List.of(numbers)).forEach(System.out::println);
                }
            }
        }
    }

    /**
     * Does everything that there is to do.
     *
     * @param numbers in hexadecimal: message, n, e, p, q, dp, dq, u, as many times as there are keys
     */
    static List<String> transcript(ZcryptDevice device, List<String> numbers) throws ErrnoException {
        ZcryptClient client = new ZcryptClient(device);
        for (int i = 0; i + 8 <= numbers.size(); i += 8) {
            client.rsa(numbers.subList(i, i + 8).stream().map(text -> new BigInteger(text, 16).toByteArray()).toList());
        }
        client.evenModulus();
        client.status();
        client.random();
        client.serialNumbers();
        client.nothingKnown();
        return client.lines;
    }

    private static byte[] modulus(byte[] number) {
        return number[0] == 0 ? Arrays.copyOfRange(number, 1, number.length) : number;
    }

    private void rsa(List<byte[]> numbers) throws ErrnoException {
        byte[] message = numbers.get(0);
        byte[] n = modulus(numbers.get(1));
        lines.add("me " + HexFormat.of().formatHex(device.modExpo(message, numbers.get(2), n)));
        lines.add("crt " + HexFormat.of().formatHex(device.crt(n.length, message, numbers.get(3), numbers.get(4),
                numbers.get(5), numbers.get(6), numbers.get(7))));
    }

    private void evenModulus() {
        try {
            device.modExpo(new byte[]{5}, new byte[]{3}, new byte[]{(byte) 144});
        } catch (ErrnoException e) {
            lines.add("even modulus: " + e.errno());
        }
    }

    private void status() throws ErrnoException {
        device.status().queues().forEach(queue -> lines.add(queue.toString()));
        byte[] kinds = device.status().kinds();
        lines.add("kinds " + kinds[5] + ' ' + kinds[6] + ' ' + kinds[8] + ", domain " + device.status().defaultDomain()
                + ", waiting " + device.status().waiting() + ", pending " + device.status().pending());
    }

    private void random() throws ErrnoException {
        byte[] first = device.random(5000);
        lines.add("random bytes " + first.length + ", once more the same: "
                + Arrays.equals(first, device.random(first.length)));
    }

    private void serialNumbers() throws ErrnoException {
        byte[] parameters = CcaFacilityQuery.request(CcaFacilityQuery.STATICSA);
        ZcryptDevice.CcaAnswer answer = device.sendCprb(cca(parameters, 5));
        lines.add("CCA " + new String(answer.control(), Cprbx.LENGTH + 4, 8, StandardCharsets.US_ASCII));
        byte[] payload = new Ep11Payload(Ep11Payload.GET_INFO, 4).add(Ep11Payload.QUERY_MODULE).add(0).toBytes();
        byte[] request = new byte[Ep11Cprb.LENGTH + payload.length];
        Ep11Cprb.init(request, 0).target(4).returnCode(-1).payloadLength(payload.length);
        System.arraycopy(payload, 0, request, Ep11Cprb.LENGTH, payload.length);
        byte[] module = device.sendEp11(List.of(new Ep11Request.Target(8, 4)), request, 1000);
        lines.add("EP11 " + new String(module, SERIAL_OF_MODULE, 16, StandardCharsets.US_ASCII));
    }

    private void nothingKnown() {
        try {
            device.sendCprb(cca("ZZ".getBytes(StandardCharsets.US_ASCII), 5));
        } catch (ErrnoException e) {
            lines.add("unknown verb: " + e.getMessage());
        }
        try {
            device.sendCprb(cca(CcaFacilityQuery.request(CcaFacilityQuery.STATICSA), 9));
        } catch (ErrnoException e) {
            lines.add("no such card: " + e.errno());
        }
    }

    private static CcaRequest.Block cca(byte[] parameters, int adapter) {
        byte[] control = new byte[Cprbx.LENGTH + parameters.length];
        Cprbx.init(control, 0, FunctionCode.CPRB_CCA_USAGE).domain(4).requestParameterLength(parameters.length)
                .replyRoom(4000);
        System.arraycopy(parameters, 0, control, Cprbx.LENGTH, parameters.length);
        return new CcaRequest.Block(FunctionCode.AGENT_CCA, adapter, control, new byte[0], 4000, 0);
    }
}
