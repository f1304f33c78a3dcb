package curlew.bench;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/** What server and client set where gRPC's default would not do. */
final class Setup {
  private Setup() {}

  /** Above the 1 MiB messages of the bench and gRPC's default of 4 MiB; the same on both sides of every stack. */
  static final int MESSAGE_BYTES = 128 << 20;

  /**
   * Runs what gRPC calls back, on as many threads as the process may use cores. ServerBuilder.executor and gRPC's guide
   * to performance ask for an executor that limits its threads: the default one starts over a hundred of them under a
   * thousand calls in flight, which costs a server on one core three times the CPU a call.
   */
  static Executor executor() {
    return new ForkJoinPool(
        Runtime.getRuntime().availableProcessors(), ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, true);
  }
}
