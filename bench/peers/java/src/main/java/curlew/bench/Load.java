package curlew.bench;

import java.time.Duration;

/** What all callers of a run share. */
final class Load {
  final Meter meter = new Meter();
  final String mode;
  final int size;
  final Duration deadline;
  volatile boolean stopping;

  Load(Flags flags) {
    mode = flags.string("mode", "unary");
    size = flags.number("size", 112);
    deadline = flags.duration("deadline", Duration.ZERO);
  }

  Error failed(String what) {
    return Failure.of(mode + ": " + what);
  }
}
