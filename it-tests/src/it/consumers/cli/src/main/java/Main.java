import org.apvirt.cli.Apvirt;

/** The program inside another one. */
class Main {
    public static void main(String[] args) {
        assert Apvirt.run(System.out, System.err, "--version") == 0;
        assert Apvirt.run(System.out, System.err, "crycb", "none") == 2;
    }
}
