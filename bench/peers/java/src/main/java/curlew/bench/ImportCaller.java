package curlew.bench;

import curlew.bench.v1.BenchGrpc.BenchStub;
import curlew.bench.v1.BenchOuterClass.Payload;
import curlew.bench.v1.BenchOuterClass.Summary;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;

/** Writes one client stream until the run stops, and checks that the server counted as much. */
final class ImportCaller extends Caller implements ClientResponseObserver<Payload, Summary> {
  private final Payload message;
  private ClientCallStreamObserver<Payload> call;
  private boolean closed;
  private long sent;

  ImportCaller(Load load, BenchStub stub) {
    super(load, stub);
    message = Fixture.payload(load.size);
  }

  @Override
  void start() {
    stub.import_(this);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Payload> call) {
    this.call = call;
    call.setOnReadyHandler(this::send);
  }

  private void send() {
    while (!closed && call.isReady()) {
      if (load.stopping) {
        closed = true;
        call.onCompleted();
        return;
      }
      call.onNext(message);
      sent++;
      load.meter.message(load.size);
    }
  }

  @Override
  public void onNext(Summary summary) {
    if (summary.getCount() != sent) {
      throw load.failed("sent " + sent + ", the server counted " + summary.getCount());
    }
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
