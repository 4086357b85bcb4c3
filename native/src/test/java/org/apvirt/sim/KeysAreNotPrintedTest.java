// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sim;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import org.apvirt.arch.ApMask;
import org.apvirt.arch.VirtualTime;
import org.apvirt.arch.cca.AesKeyVerb;
import org.apvirt.arch.cca.CcaParameters;
import org.apvirt.arch.cca.CcaResult;
import org.apvirt.arch.cca.EcClearToken;
import org.apvirt.arch.cca.EcCurve;
import org.apvirt.arch.cca.MasterKeyCommand;
import org.apvirt.arch.cca.ProtectedKeyBlock;
import org.apvirt.arch.ep11.Ep11KeyFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/** Whatever holds a key may be logged by somebody: its text never has the key, in no form. */
class KeysAreNotPrintedTest {
    private static final byte[] KEY = "Sixteen bytes X2Sixteen bytes X3".getBytes(StandardCharsets.US_ASCII);

    static Stream<Object> whatHoldsAKey() {
        KeyRegister register = KeyRegister.of(MasterKeySet.AES, KEY);
        MasterKey master = new MasterKey(KeyRegister.partial(KEY), register, register);
        WrappingKey wrapping = new WrappingKey(true, WrappingKey.register(KEY), WrappingKey.register(KEY), false);
        DomainKeys keys = DomainKeys.NONE.with(MasterKeySet.AES, master).with(wrapping);
        AdapterSpec spec = AdapterSpec.of(5, 13, AdapterMode.CCA).keys(4, keys);
        SimulatedMachine machine = SimulatedMachine.builder(new VirtualTime()).usageDomains(ApMask.of(4)).adapter(spec)
                .build();
        byte[] request = AesKeyVerb.importKey(KEY);
        return Stream.of(register, master, wrapping, keys, spec, machine.adapter(5), machine.adapter(5).cryptoDomain(4),
                machine.adapter(5).queue(4), machine, new OpenedKey(CcaResult.DONE, KEY.clone(), 0),
                new EcArithmetic.Key(KEY, KEY), new EcClearToken(EcCurve.P256, 0, KEY, new byte[64]),
                new MasterKeyCommand("FIRST", "AES", 4, KEY), new ProtectedKeyBlock(1, 1, KEY),
                new Ep11KeyFunction.Wrapped(256, KEY),
                new CcaParameters(AesKeyVerb.IMPORT, List.of("AES"), KEY, List.of()),
                CcaParameters.parse(request, 0, request.length), ProtectedKeyWrapping.ofQemu(),
                new HostKeyWrapping(() -> KEY), Ep11KeyFunction.crypt(Ep11KeyFunction.ENCRYPT, new byte[0], KEY, 4),
                Map.of("in a collection", List.of(register, keys)));
    }

    @ParameterizedTest
    @MethodSource("whatHoldsAKey")
    void noTextHasTheKey(Object holder) {
        String text = holder.toString().toLowerCase(Locale.ROOT);
        for (String form : List.of(HexFormat.of().formatHex(KEY), HexFormat.of().formatHex(KEY, 0, 8),
                new String(KEY, 0, 16, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT),
                new BigInteger(KEY).toString(),
                Arrays.toString(KEY), Arrays.toString(Arrays.copyOf(KEY, 4)).replace("]", ""))) {
            assertFalse(text.contains(form), text);
        }
    }

    @ParameterizedTest
    @MethodSource("whatHoldsAKey")
    void aTextIsOneLine(Object holder) {
        assertEquals(1, holder.toString().lines().count());
    }
}
