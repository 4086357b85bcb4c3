// SPDX-License-Identifier: Apache-2.0
package org.apvirt.sysfs;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Each rule of {@link Path} by example, against what the default provider of a Unix answers. */
class SysfsPathTest {
    private final TinyTree tree = new TinyTree();
    private final SysfsFileSystem fs = SysfsFileSystem.of(tree.root);

    @ParameterizedTest
    @EnumSource
    void behaveAsThoseOfTheDefaultFileSystem(Rule rule) {
        assertEquals(rule.apply(Path::of), rule.apply(fs::getPath));
    }

    enum Rule {
        NORMALIZE_UP {
            @Override
            String apply(Make make) {
                return make.path("/a/./b/../../../c").normalize().toString();
            }
        },
        NORMALIZE_RELATIVE {
            @Override
            String apply(Make make) {
                return make.path("../a/../../b").normalize().toString();
            }
        },
        SLASHES {
            @Override
            String apply(Make make) {
                return make.path("//a///b/").toString();
            }
        },
        EMPTY {
            @Override
            String apply(Make make) {
                Path empty = make.path("");
                return empty.getNameCount() + "|" + empty.resolve("x") + "|" + make.path("x").resolve("") + "|"
                        + empty.getParent() + "|" + empty.getFileName() + "|" + empty.startsWith("");
            }
        },
        PARENTS {
            @Override
            String apply(Make make) {
                return make.path("/a").getParent() + "|" + make.path("/").getParent() + "|"
                        + make.path("a").getParent() + "|" + make.path("/").getFileName() + "|"
                        + make.path("a/b").getRoot();
            }
        },
        RELATIVIZE {
            @Override
            String apply(Make make) {
                return make.path("/a/b/c").relativize(make.path("/a/d")) + "|"
                        + make.path("a").relativize(make.path("a")) + "|"
                        + make.path("").relativize(make.path("b"));
            }
        },
        STARTS_AND_ENDS {
            @Override
            String apply(Make make) {
                Path path = make.path("/a/b");
                return path.startsWith("/a") + "|" + path.startsWith("a") + "|" + path.endsWith("b") + "|"
                        + path.endsWith("/b") + "|" + path.endsWith("/a/b") + "|" + path.startsWith("/");
            }
        },
        SUBPATH {
            @Override
            String apply(Make make) {
                return make.path("/a/b/c").subpath(1, 3) + "|" + make.path("/a/b").getName(0) + "|"
                        + make.path("/a/b").resolveSibling("c");
            }
        };

        interface Make {
            Path path(String text);
        }

        abstract String apply(Make make);
    }

    @Test
    void matchGlobs() {
        assertTrue(fs.getPathMatcher("glob:card*").matches(fs.getPath("card05")));
        assertFalse(fs.getPathMatcher("regex:card..").matches(fs.getPath("card005")));
    }
}
