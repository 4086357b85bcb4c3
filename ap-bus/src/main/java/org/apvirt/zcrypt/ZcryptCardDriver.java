// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apvirt.ap.ApCard;
import org.apvirt.ap.ApDevice;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;
import org.apvirt.device.SysfsNode;

/**
 * A card driver of the host itself: cex4card and its ancestors. Source: Linux {@code zcrypt_cex4.c},
 * {@code zcrypt_cex4_card_probe}; {@code zcrypt_card.c}.
 */
final class ZcryptCardDriver extends ZcryptDriver {
    private static final List<SysfsAttribute<ZcryptCard>> ATTRIBUTES = List.of(
            SysfsAttribute.ro("type", zcard -> zcard.model().name() + '\n'),
            SysfsAttribute.rw("online", ZcryptCard::showOnline, ZcryptCard::storeOnline),
            SysfsAttribute.ro("load", zcard -> zcard.load() + "\n"));

    private static final List<SysfsAttribute<ZcryptCard>> CCA_ATTRIBUTES = List
            .of(SysfsAttribute.ro("serialnr", zcard -> zcard.info().cca(zcard).serial() + '\n'));
    private static final List<SysfsAttribute<ZcryptCard>> EP11_ATTRIBUTES = List.of(
            SysfsAttribute.ro("API_ordinalnr", zcard -> zcard.info().ep11(zcard).showApiOrdinal()),
            SysfsAttribute.ro("FW_version", zcard -> zcard.info().ep11(zcard).showFirmware()),
            SysfsAttribute.ro("serialnr", zcard -> zcard.info().ep11(zcard).showSerial()),
            SysfsAttribute.ro("op_modes", zcard -> Ep11CardInfo.modes(zcard.info().ep11(zcard).operationModes())));

    ZcryptCardDriver(String name, KernelModule module, ZcryptModule zcrypt, Set<Integer> types) {
        super(name, module, zcrypt, ApCard.class, types);
    }

    @Override
    protected void probe(ApDevice device) throws ErrnoException {
        ApCard card = (ApCard) device;
        ZcryptModel model = ZcryptModel.of(card.type(), card.functions());
        if (model == null) {
            throw new ErrnoException(Errno.ENODEV, card.name() + " has none of the known modes");
        }
        ZcryptCard zcard = new ZcryptCard(card, model, zcrypt.info());
        card.driverData(zcard);
        zcrypt.add(zcard);
    }

    @Override
    protected void remove(ApDevice device) {
        if (device.driverData() instanceof ZcryptCard zcard) {
            zcrypt.remove(zcard);
        }
        device.driverData(null);
    }

    @Override
    protected void addDeviceEntries(ApDevice device, Map<String, SysfsNode> entries) {
        if (device.driverData() instanceof ZcryptCard zcard) {
            put(ATTRIBUTES, zcard, entries);
            if (zcard.showsCca()) {
                put(CCA_ATTRIBUTES, zcard, entries);
            } else if (zcard.showsEp11()) {
                put(EP11_ATTRIBUTES, zcard, entries);
            }
        }
    }

    private static void put(List<SysfsAttribute<ZcryptCard>> attributes, ZcryptCard zcard,
            Map<String, SysfsNode> entries) {
        for (SysfsAttribute<ZcryptCard> attribute : attributes) {
            entries.put(attribute.name(), attribute.on(zcard));
        }
    }
}
