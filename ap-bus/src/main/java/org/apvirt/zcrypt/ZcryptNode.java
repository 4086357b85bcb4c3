// SPDX-License-Identifier: Apache-2.0
package org.apvirt.zcrypt;

import org.apvirt.ap.MaskText;
import org.apvirt.arch.ApMask;
import org.apvirt.device.AttributeGroup;
import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.SysfsAttribute;

/**
 * What users of one additional device node may do: which ioctls, which adapters and domains, which control domains.
 * Nothing at first. Source: Linux {@code zcrypt_api.c}, {@code struct zcdn_device}.
 */
public final class ZcryptNode implements AccessRights {
    static final AttributeGroup<ZcryptNode> ATTRIBUTES = AttributeGroup.of(
            SysfsAttribute.rw("ioctlmask", node -> node.ioctlmask + "\n",
                    (node, text) -> node.ioctlmask = node.parse(text, node.ioctlmask)),
            SysfsAttribute.rw("apmask", node -> node.apmask + "\n",
                    (node, text) -> node.apmask = node.parse(text, node.apmask)),
            SysfsAttribute.rw("aqmask", node -> node.aqmask + "\n",
                    (node, text) -> node.aqmask = node.parse(text, node.aqmask)),
            SysfsAttribute.rw("admask", node -> node.admask + "\n",
                    (node, text) -> node.admask = node.parse(text, node.admask)));

    private final boolean numbersWrap;
    private volatile ApMask ioctlmask = ApMask.NONE;
    private volatile ApMask apmask = ApMask.NONE;
    private volatile ApMask aqmask = ApMask.NONE;
    private volatile ApMask admask = ApMask.NONE;

    ZcryptNode(boolean numbersWrap) {
        this.numbersWrap = numbersWrap;
    }

    private ApMask parse(String text, ApMask present) throws ErrnoException {
        return MaskText.parse(text, present, numbersWrap);
    }

    @Override
    public boolean allowsIoctl(int number) {
        return ioctlmask.contains(number);
    }

    @Override
    public boolean allows(int apid, int apqi) {
        return apmask.contains(apid) && aqmask.contains(apqi);
    }

    @Override
    public void requireAllowed(int domain, Purpose purpose) throws ErrnoException {
        switch (purpose) {
            case USAGE -> {
                // aqmask decides
            }
            case ADMINISTRATION -> {
                if (domain >= ApMask.BITS || !admask.contains(domain)) {
                    throw new ErrnoException(Errno.ENODEV, "domain " + domain + " is not in the node's admask");
                }
            }
            case UNKNOWN -> throw new ErrnoException(Errno.EOPNOTSUPP, "a control block of unknown kind");
        }
    }
}
