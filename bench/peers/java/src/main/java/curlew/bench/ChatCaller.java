package curlew.bench;

import curlew.bench.v1.BenchGrpc.BenchStub;
import curlew.bench.v1.BenchOuterClass.Payload;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;

/** Plays ping-pong on one bidirectional stream. */
final class ChatCaller extends Caller implements ClientResponseObserver<Payload, Payload> {
  private final Payload message;
  private ClientCallStreamObserver<Payload> call;
  private long startNanos;

  ChatCaller(Load load, BenchStub stub) {
    super(load, stub);
    message = Fixture.payload(load.size);
  }

  @Override
  void start() {
    startNanos = System.nanoTime();
    stub.chat(this).onNext(message);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Payload> call) {
    this.call = call;
  }

  @Override
  public void onNext(Payload answer) {
    load.meter.roundTrip(startNanos, answer.getData().size());
    if (load.stopping) {
      call.onCompleted();
      return;
    }
    startNanos = System.nanoTime();
    call.onNext(message);
  }

  @Override
  public void onError(Throwable problem) {
    throw load.failed(problem.toString());
  }

  @Override
  public void onCompleted() {
    if (!load.stopping) {
      throw load.failed("the server ended the stream");
    }
    ended.countDown();
  }
}
