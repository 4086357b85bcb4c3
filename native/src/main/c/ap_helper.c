/* SPDX-License-Identifier: Apache-2.0 */
#include "ap_helper.h"

#include <errno.h>
#include <fcntl.h>

int ap_helper_open(void)
{
    int fd = open(AP_HELPER_PATH, O_RDWR | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int ap_helper_issue(int fd, int opcode, struct ap_regs *regs)
{
    struct ap_helper_request request = {.opcode = opcode, .regs = *regs};

    if (ioctl(fd, AP_HELPER_ISSUE, &request))
        return -errno;
    if (request.result < AP_INTERRUPTION)
        *regs = request.regs;
    return request.result;
}
