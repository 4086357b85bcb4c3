import org.apvirt.cpu.CpuDefinition;
import org.apvirt.cpu.CpuFeature;

/** Which models may have AP? */
class Main {
    public static void main(String[] args) {
        for (CpuDefinition model : CpuDefinition.values()) {
            if (model.fullFeatures().contains(CpuFeature.AP)) {
                System.out.println(model);
            }
        }
        assert !CpuDefinition.Z900.fullFeatures().contains(CpuFeature.AP);
    }
}
