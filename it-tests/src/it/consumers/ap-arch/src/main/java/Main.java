import org.apvirt.arch.ApMask;
import org.apvirt.arch.Apqn;

/** Names, numbers and masks. */
class Main {
    public static void main(String[] args) {
        Apqn queue = Apqn.parse("05.00ab");
        assert queue.qid() == 0x05ab;

        ApMask adapters = ApMask.parseHex("0x0600000000000000000000000000000000000000000000000000000000000000");
        adapters.forEach(apid -> System.out.println(new Apqn(apid, queue.apqi()))); // 05.00ab 06.00ab
    }
}
