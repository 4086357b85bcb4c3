import org.apvirt.sie.Crycb;
import org.apvirt.sie.CrycbFormat;

/** What may a guest use? Its control block tells. */
class Main {
    public static void main(String[] args) {
        byte[] page = new byte[4096];
        page[0x880] = 0x06; // adapters 5 and 6, in the mask that format 2 uses
        Crycb crycb = Crycb.at(page, 0x800);
        System.out.println("adapters " + crycb.apcb(CrycbFormat.FORMAT_2).apm().ids().boxed().toList());
        assert crycb.apcb(CrycbFormat.FORMAT_2).apm().count() == 2;
    }
}
