package curlew.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** The measured window: counts, a histogram of round trips, and the two lines the runner reads. */
final class Meter {
  /** 128 buckets for every power of two: a percentile is off by 0.4 % at most. */
  private static final int SUB_BITS = 7;

  private static final long EXACT = 2L << SUB_BITS;
  private static final int BUCKETS = (64 - SUB_BITS + 1) << SUB_BITS;

  private final OperatingSystemMXBean process =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private final AtomicLong messages = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLongArray roundTrips = new AtomicLongArray(BUCKETS);
  private volatile boolean open;
  private long openedNanos;
  private long openedCpuNanos;

  /** Counts one message, if the window is open. */
  void message(int size) {
    if (open) {
      messages.incrementAndGet();
      bytes.addAndGet(size);
    }
  }

  /** Counts one round trip that began at {@code startNanos} and answered {@code size} bytes. */
  void roundTrip(long startNanos, int size) {
    if (open) {
      message(size);
      roundTrips.incrementAndGet(bucket(System.nanoTime() - startNanos));
    }
  }

  /** Opens the window and says so. */
  void begin() {
    openedNanos = System.nanoTime();
    openedCpuNanos = process.getProcessCpuTime();
    open = true;
    print("{\"event\":\"begin\"}");
  }

  /**
   * Closes the window and prints what it saw. A failed call has ended the process by then, so there are no errors.
   */
  void end() {
    open = false;
    double seconds = (System.nanoTime() - openedNanos) / 1e9;
    long cpuMicros = (process.getProcessCpuTime() - openedCpuNanos) / 1000;
    print(
        String.format(
            Locale.ROOT,
            "{\"event\":\"end\",\"messages\":%d,\"errors\":0,\"bytes\":%d,\"seconds\":%.6f,\"cpu_us\":%d,"
                + "\"p50_us\":%.3f,\"p99_us\":%.3f,\"p999_us\":%.3f}",
            messages.get(), bytes.get(), seconds, cpuMicros,
            percentileMicros(0.5), percentileMicros(0.99), percentileMicros(0.999)));
  }

  private static void print(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private double percentileMicros(double share) {
    long total = 0;
    for (int i = 0; i < BUCKETS; i++) {
      total += roundTrips.get(i);
    }
    long rank = Math.max(1, (long) Math.ceil(share * total));
    long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
      seen += roundTrips.get(i);
      if (seen >= rank) {
        return middle(i) / 1e3;
      }
    }
    return 0;
  }

  private static int bucket(long nanos) {
    if (nanos < EXACT) {
      return (int) nanos;
    }
    int shift = 63 - Long.numberOfLeadingZeros(nanos) - SUB_BITS;
    return (shift << SUB_BITS) + (int) (nanos >> shift);
  }

  private static double middle(int index) {
    if (index < EXACT) {
      return index;
    }
    int shift = (index >> SUB_BITS) - 1;
    long low = (long) (index - (shift << SUB_BITS)) << shift;
    return low + (1L << shift) / 2.0;
  }
}
