package curlew.bench;

import curlew.bench.v1.BenchGrpc.BenchStub;
import java.util.concurrent.CountDownLatch;

/** Holds one unary call or one stream in flight until the load stops. */
abstract class Caller {
  final CountDownLatch ended = new CountDownLatch(1);
  final Load load;
  final BenchStub stub;

  Caller(Load load, BenchStub stub) {
    this.load = load;
    this.stub = stub;
  }

  abstract void start();

  /** Ends what would not end by itself; load.stopping is set before. */
  void stop() {}

  static Caller of(Load load, BenchStub stub) {
    switch (load.mode) {
      case "unary":
        return UnaryCaller.getUser(load, stub);
      case "echo":
        return UnaryCaller.echo(load, stub);
      case "list":
      case "download":
        return new ListCaller(load, stub);
      case "import":
      case "upload":
        return new ImportCaller(load, stub);
      case "chat":
        return new ChatCaller(load, stub);
      default:
        throw Failure.usage("unknown mode " + load.mode);
    }
  }
}
