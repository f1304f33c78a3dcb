package curlew.bench;

final class Limits {
  private Limits() {}

  /** Above the 1 MiB messages of the bench and gRPC's default of 4 MiB; the same on both sides of every stack. */
  static final int MESSAGE_BYTES = 128 << 20;
}
