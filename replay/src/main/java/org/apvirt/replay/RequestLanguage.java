// SPDX-License-Identifier: Apache-2.0
package org.apvirt.replay;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

import org.apvirt.device.Errno;
import org.apvirt.device.ErrnoException;
import org.apvirt.device.IoctlArgument;
import org.apvirt.device.OpenFile;
import org.apvirt.host.HostFiles;
import org.apvirt.vfio.EventFd;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A process that does file operations on request: the {@code raw} steps of a scenario.
 * <pre>
 *  o HEXPATH FLAGS   open                          answers  ok HANDLE
 *  c H               close                                  ok
 *  r H LENGTH        read                                   ok COUNT HEX
 *  w H HEX           write                                  ok COUNT
 *  E                 eventfd                                ok HANDLE FD
 *  H FD              names an open descriptor               ok HANDLE
 *  i H REQUEST ARG   ioctl                                  ok VALUE [HEX]
 * </pre>
 * A handle is the lowest free number from 1 on, a descriptor the lowest free number from 7 on
 * (those below belong to the recorder). ARG by its first letter: {@code n} integer; {@code x} buffer in and out;
 * {@code F} buffer, the returned descriptor becomes a handle; {@code f} integer, likewise; {@code h} pointer to the
 * descriptor of a handle; {@code g} group, attribute and handle of a KVM device; {@code m} size of a memory region.
 * A refusal answers {@code err ERRNO}, and for {@code x} the buffer.
 */
public final class RequestLanguage implements AutoCloseable {
    private static final int FIRST_DESCRIPTOR = 7;
    private static final int O_RDONLY = 0;
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_ACCMODE = 3;
    /** What the descriptors below are: files of the recorder, which no driver here knows. */
    private static final OpenFile OF_RECORDER = new OpenFile() {
    };
    private static final HexFormat HEX = HexFormat.of();

    private final HostFiles files;
    private final Map<Integer, OpenFile> descriptors = new TreeMap<>();
    private final Map<Integer, Integer> handles = new TreeMap<>();
    private final IoctlArgument.FileTable table = new IoctlArgument.FileTable() {
        @Override
        public @Nullable OpenFile file(int fd) {
            return fd >= 0 && fd < FIRST_DESCRIPTOR ? OF_RECORDER : descriptors.get(fd);
        }

        @Override
        public int install(OpenFile file) {
            int fd = FIRST_DESCRIPTOR;
            while (descriptors.containsKey(fd)) {
                fd++;
            }
            descriptors.put(fd, file);
            return fd;
        }
    };

    /** A process that has nothing open. */
    public RequestLanguage(HostFiles files) {
        this.files = files;
    }

    /**
     * Does one request.
     *
     * @return the answer
     * @throws IllegalArgumentException the request is not of this language
     */
    public String request(String request) {
        String[] words = request.split(" ");
        try {
            return switch (words[0]) {
                case "o" -> open(new String(HEX.parseHex(words[1]), StandardCharsets.ISO_8859_1),
                        words.length > 2 ? Integer.decode(words[2]) & O_ACCMODE : O_RDWR);
                case "c" -> close(Integer.parseInt(words[1]));
                case "r" -> {
                    byte[] bytes = file(words[1]).read(Integer.parseInt(words[2]));
                    yield "ok " + bytes.length + ' ' + HEX.formatHex(bytes);
                }
                case "w" -> "ok " + file(words[1]).write(HEX.parseHex(words[2]));
                case "E" -> {
                    int fd = table.install(new EventFd());
                    yield "ok " + handle(fd) + ' ' + fd;
                }
                case "H" -> name(Integer.parseInt(words[1]));
                case "i" -> ioctl(file(words[1]), Long.decode(words[2]).intValue(), words[3]);
                default -> throw new IllegalArgumentException("unknown request '" + request + "'");
            };
        } catch (ErrnoException e) {
            return "err " + e.errno();
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("request '" + request + "' lacks an operand", e);
        }
    }

    private String open(String path, int access) throws ErrnoException {
        return "ok " + handle(table.install(files.open(path, access != O_WRONLY, access != O_RDONLY)));
    }

    private int handle(int fd) {
        int handle = 1;
        while (handles.containsKey(handle)) {
            handle++;
        }
        handles.put(handle, fd);
        return handle;
    }

    private OpenFile file(String handle) throws ErrnoException {
        Integer fd = handles.get(Integer.valueOf(handle));
        OpenFile file = fd == null ? null : descriptors.get(fd);
        if (file == null) {
            throw new ErrnoException(Errno.EBADF, "handle " + handle);
        }
        return file;
    }

    private String close(int handle) throws ErrnoException {
        OpenFile file = file(String.valueOf(handle));
        Integer fd = handles.remove(handle);
        if (fd != null) {
            descriptors.remove(fd);
        }
        file.close();
        return "ok";
    }

    private String name(int fd) throws ErrnoException {
        if (!descriptors.containsKey(fd)) {
            throw new ErrnoException(Errno.EBADF, "descriptor " + fd);
        }
        return "ok " + handle(fd);
    }

    private String ioctl(OpenFile file, int request, String argument) throws ErrnoException {
        String operand = argument.substring(1);
        byte[] buffer = switch (argument.charAt(0)) {
            case 'n', 'f' -> new byte[0];
            case 'x', 'F' -> HEX.parseHex(operand);
            case 'h' -> ByteBuffer.allocate(4).putInt(descriptor(operand)).array();
            case 'g' -> deviceAttribute(operand.split(","));
            case 'm' -> memoryRegion(Long.decode(operand));
            default -> throw new IllegalArgumentException("unknown argument '" + argument + "'");
        };
        long value = argument.charAt(0) == 'n' || argument.charAt(0) == 'f' ? Long.decode(operand) : 0;
        boolean shown = argument.charAt(0) == 'x';
        try {
            int result = file.ioctl(request, new IoctlArgument(value, buffer, table));
            boolean makesHandle = argument.charAt(0) == 'F' || argument.charAt(0) == 'f';
            return "ok " + (makesHandle ? handle(result) : result) + (shown ? ' ' + HEX.formatHex(buffer) : "");
        } catch (ErrnoException e) {
            return "err " + e.errno() + (shown ? ' ' + HEX.formatHex(buffer) : "");
        }
    }

    private int descriptor(String handle) throws ErrnoException {
        Integer fd = handles.get(Integer.valueOf(handle));
        if (fd == null) {
            throw new ErrnoException(Errno.EBADF, "handle " + handle);
        }
        return fd;
    }

    /** struct kvm_device_attr (flags, group, attr, addr), then what addr points to: a descriptor. */
    private byte[] deviceAttribute(String[] words) throws ErrnoException {
        return ByteBuffer.allocate(24 + 4).putInt(0).putInt(Integer.parseInt(words[0]))
                .putLong(Long.parseLong(words[1])).putLong(0).putInt(descriptor(words[2])).array();
    }

    /** struct kvm_userspace_memory_region (slot, flags, guest_phys_addr, memory_size, userspace_addr). */
    private static byte[] memoryRegion(long size) {
        return ByteBuffer.allocate(32).putInt(0).putInt(0).putLong(0).putLong(size).putLong(0).array();
    }

    /** The process ends: all that is open closes, oldest first. */
    @Override
    public void close() {
        for (OpenFile file : descriptors.values().toArray(OpenFile[]::new)) {
            file.close();
        }
        descriptors.clear();
        handles.clear();
    }
}
