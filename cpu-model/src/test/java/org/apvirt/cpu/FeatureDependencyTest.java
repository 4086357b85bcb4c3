// SPDX-License-Identifier: Apache-2.0
package org.apvirt.cpu;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FeatureDependencyTest {
    private static Set<CpuFeature> on(String text) {
        return FeatureList.of(text);
    }

    @Test
    void everyRowWarnsIfAndOnlyIfTheRequiredFeatureIsOff() {
        for (FeatureDependency row : FeatureDependency.all()) {
            String text = "warning: '" + row.feature() + "' requires '" + row.requires() + "'.";
            assertEquals(text, row.warning());
            assertTrue(FeatureDependency.warnings(EnumSet.of(row.feature())).contains(text), text);
            assertTrue(!FeatureDependency.warnings(EnumSet.of(row.feature(), row.requires())).contains(text), text);
            assertEquals(List.of(), FeatureDependency.warnings(EnumSet.of(row.requires())).stream()
                    .filter(text::equals).toList());
        }
    }

    @Test
    void noModelDrawsAWarningByDefault() {
        for (CpuDefinition definition : CpuDefinition.values()) {
            assertEquals(List.of(), FeatureDependency.warnings(definition.baseFeatures()), definition.toString());
            assertEquals(List.of(), FeatureDependency.warnings(definition.defaultFeatures()), definition.toString());
        }
    }

    @Test
    void s88_s92_theApRowsComeInQemusOrder() {
        assertEquals(List.of("warning: 'apqci' requires 'ap'.", "warning: 'apft' requires 'ap'.",
                "warning: 'apqi' requires 'ap'.", "warning: 'appv' requires 'ap'."),
                FeatureDependency.warnings(on("appvi appv apqi apft apqci")));
        assertEquals(List.of("warning: 'appvi' requires 'appv'."), FeatureDependency.warnings(on("ap appvi")));
    }

    @Test
    void oneRowIsThereTwiceAsInQemu() {
        assertEquals(
                List.of("warning: 'mepoch' requires 'tods-base'.", "warning: 'mepoch' requires 'tods-base'."),
                FeatureDependency.warnings(on("mepoch stckf")));
    }
}
