// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.Sender;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.msg.Ep11Cprb;
import org.apvirt.arch.msg.Ep11Payload;
import org.apvirt.arch.msg.FunctionCode;
import org.apvirt.arch.msg.Type6Header;
import org.apvirt.arch.msg.Type86Header;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class Ep11EngineTest {
    private static final AdapterSpec CARD = AdapterSpec.of(8, 13, AdapterMode.EP11)
            .ep11(new Ep11Identity("93AAEGWB00000000", 4, 5, 17, 0x11, "11".repeat(32), "22".repeat(32), true));

    private static byte[] request(byte[] payload) {
        byte[] message = new byte[Type6Header.LENGTH + Ep11Cprb.LENGTH + payload.length];
        Type6Header.init(message, FunctionCode.AGENT_EP11, 0).requestId(1).toCardLength(1,
                Ep11Cprb.LENGTH + payload.length);
        Ep11Cprb.init(message, Type6Header.LENGTH).target(0x47).returnCode(-1).payloadLength(payload.length);
        System.arraycopy(payload, 0, message, Type6Header.LENGTH + Ep11Cprb.LENGTH, payload.length);
        return message;
    }

    private static byte[] query(int type) {
        return new Ep11Payload(Ep11Payload.GET_INFO, 0x47).add(type).add(0).toBytes();
    }

    private static byte[] reply(byte[] message, AdapterSpec card) {
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).adapter(card)
                .usageDomains(ApMask.of(0x47)).nd(0x54).build();
        return Ep11Engine.INSTANCE.reply(message,
                new MessageEngine.Addressee(machine.adapter(card.apid()), card, 0x47, Sender.MACHINE));
    }

    private static byte[] data(int type) {
        byte[] reply = reply(request(query(type)), CARD);
        Type86Header header = Type86Header.at(reply);
        assertEquals(reply.length, header.offset1() + header.count1());
        Ep11Cprb control = Ep11Cprb.at(reply, header.offset1());
        assertEquals(4, control.version());
        assertEquals(0, control.returnCode());
        assertEquals(0x47, control.target());
        assertEquals(control.payloadLength(), reply.length - 80);
        int length = control.payloadLength() - 26;
        assertEquals("3082" + HexFormat.of().toHexDigits((short) (length + 22)) + "040400010026" + "040400000047"
                + "040400000000" + "0482" + HexFormat.of().toHexDigits((short) length),
                HexFormat.of().formatHex(reply, 80, 106));
        return Arrays.copyOfRange(reply, 106, reply.length);
    }

    @Test
    void aQueryIsTheBytesThatLinuxSends() {
        assertEquals("30820018" + "040400010026" + "040400000047" + "040400000001" + "040400000000",
                HexFormat.of().formatHex(query(1)));
    }

    @Test
    void theModuleTellsVersionsSerialNumberAndMode() {
        byte[] module = data(Ep11Payload.QUERY_MODULE);
        assertEquals(196, module.length);
        assertEquals("00000004", HexFormat.of().formatHex(module, 0, 4));
        assertEquals("0511", HexFormat.of().formatHex(module, 8, 10));
        assertEquals("93AAEGWB00000000", new String(module, 108, 16, StandardCharsets.US_ASCII));
        assertEquals("0000000000000011", HexFormat.of().formatHex(module, 140, 148));
    }

    @Test
    void theDomainTellsItsWrappingKeys() {
        assertEquals("00000047" + "11".repeat(32) + "22".repeat(32) + "0000001e" + "0000000000000011",
                HexFormat.of().formatHex(data(Ep11Payload.QUERY_DOMAIN)));
    }

    @Test
    void otherFunctionsAndQueriesAreNotSupported() {
        for (byte[] payload : new byte[][]{query(2), new Ep11Payload(7, 0x47).toBytes()}) {
            byte[] reply = reply(request(payload), CARD);
            assertEquals("040400000054" + "04820000", HexFormat.of().formatHex(reply, 96, reply.length));
        }
    }

    @Test
    void aCardWithoutIdentityCallsEveryRequestMalformed() {
        assertEquals("0082000022000000",
                HexFormat.of().formatHex(reply(request(query(1)), CARD.withoutIdentity())));
    }

    @Test
    void aRequestForAnotherAgentIsMalformed() {
        byte[] message = request(query(1));
        message[32] = 'C';
        message[33] = 'A';
        assertEquals("0087000022000000", HexFormat.of().formatHex(reply(message, CARD)));
    }

    @Test
    void noPayloadWithOneByteChangedBreaksTheCard() {
        byte[] payload = query(1);
        for (int i = 0; i < payload.length; i++) {
            for (int value = 0; value < 256; value++) {
                byte[] changed = payload.clone();
                changed[i] = (byte) value;
                int type = reply(request(changed), CARD)[1] & 0xff;
                assertTrue(type == 0x86 || type == 0x87, () -> HexFormat.of().formatHex(changed));
            }
        }
    }
}
