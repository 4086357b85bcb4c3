import org.apvirt.replay.Replay;
import org.apvirt.replay.Scenario;

/** A scenario of one step, played. */
class Main {
    public static void main(String[] args) throws Exception {
        Scenario scenario = Scenario.parse("""
                {"name": "mine", "level": "linux-6.12", "hardware": {"adapters": {"5": {"type": 11, "mode": "C"}}, "domains": [4]},
                 "modules": ["zcrypt_cex4"], "steps": [
                 {"op": "sh", "cmd": "cat /sys/devices/ap/card05/type", "result": {"status": 0, "killed": 0, "out": "CEX5C"}}]}
                """, "mine");
        Replay.Result result = Replay.run(scenario, null);
        assert result.disagreements().isEmpty() : result;
    }
}
