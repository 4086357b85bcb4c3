// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import java.util.Set;

import org.apvirt.ap.ApCard;
import org.apvirt.ap.ApDevice;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.EntryGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.KernelModule;
import org.apvirt.device.SysfsAttribute;

/**
 * A card driver of the host itself: cex4card and its ancestors. Source: Linux {@code zcrypt_cex4.c},
 * {@code zcrypt_cex4_card_probe}; {@code zcrypt_card.c}.
 */
final class ZcryptCardDriver extends ZcryptDriver {
    private static final AttributeGroup<ZcryptCard> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.ro("type", zcard -> zcard.model().name() + '\n'),
            SysfsAttribute.rw("online", ZcryptCard::showOnline, ZcryptCard::storeOnline),
            SysfsAttribute.ro("load", zcard -> zcard.load() + "\n"));

    private static final AttributeGroup<ZcryptCard> CCA = ATTRIBUTES
            .with(SysfsAttribute.ro("serialnr", zcard -> zcard.info().cca(zcard).serial() + '\n'));
    private static final AttributeGroup<ZcryptCard> EP11 = ATTRIBUTES.with(
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
        card.addGroup(attributes(zcard));
    }

    @Override
    protected void remove(ApDevice device) {
        if (device.driverData() instanceof ZcryptCard zcard) {
            device.removeGroup(attributes(zcard));
            zcrypt.remove(zcard);
        }
        device.driverData(null);
    }

    private static EntryGroup attributes(ZcryptCard zcard) {
        AttributeGroup<ZcryptCard> group = ATTRIBUTES;
        if (zcard.showsCca()) {
            group = CCA;
        } else if (zcard.showsEp11()) {
            group = EP11;
        }
        return group.on(zcard);
    }
}
