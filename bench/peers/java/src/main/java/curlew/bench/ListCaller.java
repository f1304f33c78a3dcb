package curlew.bench;

import curlew.bench.v1.BenchGrpc.BenchStub;
import curlew.bench.v1.BenchOuterClass.ListRequest;
import curlew.bench.v1.BenchOuterClass.Payload;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;

/** Reads one endless server stream, and cancels it when the run stops. */
final class ListCaller extends Caller implements StreamObserver<Payload> {
  private final Context.CancellableContext context = Context.current().withCancellation();

  ListCaller(Load load, BenchStub stub) {
    super(load, stub);
  }

  @Override
  void start() {
    ListRequest request = ListRequest.newBuilder().setSize(load.size).build();
    context.run(() -> stub.list(request, this));
  }

  @Override
  void stop() {
    context.cancel(null);
  }

  @Override
  public void onNext(Payload message) {
    load.meter.message(message.getData().size());
  }

  @Override
  public void onError(Throwable problem) {
    if (!load.stopping) {
      throw load.failed(problem.toString());
    }
    ended.countDown();
  }

  @Override
  public void onCompleted() {
    throw load.failed("the server ended the stream");
  }
}
