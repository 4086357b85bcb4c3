// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/**
 * Writes those classes of a jar anew that are compiled for Java 5, as picocli's are, in the format of Java 8: only classes with
 * stack maps go into a class archive, and without it reading and verifying them is half of what a short command takes.
 * Run by the build as one file, with ASM on the class path: {@code java NewerClasses.java JAR}.
 */
final class NewerClasses {
    private static final int MAJOR_VERSION = 7; // offset of the version's lower byte
    private static final int FIRST_WITH_STACK_MAPS = Opcodes.V1_6;

    /** Asks the jar, and nothing that runs here, for the hierarchy of classes. */
    private static final class Writer extends ClassWriter {
        private final ClassLoader classes;

        Writer(ClassLoader classes) {
            super(COMPUTE_FRAMES);
            this.classes = classes;
        }

        @Override
        protected ClassLoader getClassLoader() {
            return classes;
        }
    }

    private NewerClasses() {}

    public static void main(String... arguments) throws IOException {
        Path jar = Path.of(arguments[0]);
        Path newer = jar.resolveSibling(jar.getFileName() + ".newer");
        try (ZipFile in = new ZipFile(jar.toFile());
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(newer));
                URLClassLoader classes = new URLClassLoader(new URL[]{jar.toUri().toURL()})) {
            for (Enumeration<? extends ZipEntry> entries = in.entries(); entries.hasMoreElements();) {
                ZipEntry entry = entries.nextElement();
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                out.putNextEntry(copy);
                byte[] bytes = in.getInputStream(entry).readAllBytes();
                out.write(entry.getName().endsWith(".class") ? newer(bytes, classes) : bytes);
                out.closeEntry();
            }
        }
        Files.move(newer, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] newer(byte[] bytes, ClassLoader classes) {
        if (bytes[MAJOR_VERSION] >= FIRST_WITH_STACK_MAPS) {
            return bytes;
        }
        Writer writer = new Writer(classes);
        new ClassReader(bytes).accept(new ClassVisitor(Opcodes.ASM9, writer) {
            @Override
            public void visit(int version, int access, String name, String signature, String superName,
                    String[] interfaces) {
                super.visit(Opcodes.V1_8, access, name, signature, superName, interfaces);
            }
        }, ClassReader.SKIP_FRAMES);
        return writer.toByteArray();
    }
}
