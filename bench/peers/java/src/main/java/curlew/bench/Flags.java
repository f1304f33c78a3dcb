package curlew.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Command-line flags in the form every program of the bench takes: -name value or -name=value. */
final class Flags {
  private static final Pattern PART = Pattern.compile("\\G([0-9.]+)(us|µs|ms|s|m|h)");
  private static final Map<String, Double> NANOS =
      Map.of("us", 1e3, "µs", 1e3, "ms", 1e6, "s", 1e9, "m", 60e9, "h", 3600e9);

  private final Map<String, String> values = new HashMap<>();

  /** Parses the arguments; a flag that is not in {@code known} ends the process with code 2. */
  Flags(String[] args, Set<String> known) {
    for (int i = 0; i < args.length; i++) {
      String name = args[i].replaceFirst("^-+", "");
      int equals = name.indexOf('=');
      String value;
      if (equals >= 0) {
        value = name.substring(equals + 1);
        name = name.substring(0, equals);
      } else if (++i < args.length) {
        value = args[i];
      } else {
        throw Failure.usage("flag -" + name + " has no value");
      }
      if (!known.contains(name)) {
        throw Failure.usage("unknown flag -" + name);
      }
      values.put(name, value);
    }
  }

  boolean has(String name) {
    return !string(name, "").isEmpty();
  }

  String string(String name, String fallback) {
    return values.getOrDefault(name, fallback);
  }

  int number(String name, int fallback) {
    return values.containsKey(name) ? Integer.parseInt(values.get(name)) : fallback;
  }

  /** Takes Go's notation of durations, which the runner writes: 0, 500ms, 1.5s, 1m0s. */
  Duration duration(String name, Duration fallback) {
    String text = values.get(name);
    if (text == null) {
      return fallback;
    }
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    double nanos = 0;
    int end = 0;
    for (Matcher part = PART.matcher(text); part.find(); end = part.end()) {
      nanos += Double.parseDouble(part.group(1)) * NANOS.get(part.group(2));
    }
    if (end != text.length() || text.isEmpty()) {
      throw Failure.usage("-" + name + " " + text + ": not a duration");
    }
    return Duration.ofNanos((long) nanos);
  }
}
