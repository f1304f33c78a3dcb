package curlew.bench;

import curlew.bench.v1.BenchGrpc.BenchStub;
import curlew.bench.v1.BenchOuterClass.GetUserRequest;
import curlew.bench.v1.BenchOuterClass.Payload;
import com.google.protobuf.MessageLite;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;

/** Calls a unary method again and again. */
final class UnaryCaller<Q, A extends MessageLite> extends Caller implements StreamObserver<A> {
  /** A method of the stub. */
  private interface Method<Q, A> {
    void call(BenchStub stub, Q request, StreamObserver<A> answers);
  }

  private final Method<Q, A> method;
  private final Q request;
  private final int answerBytes;
  private long startNanos;

  private UnaryCaller(Load load, BenchStub stub, Method<Q, A> method, Q request, int answerBytes) {
    super(load, stub);
    this.method = method;
    this.request = request;
    this.answerBytes = answerBytes;
  }

  static Caller getUser(Load load, BenchStub stub) {
    GetUserRequest request = GetUserRequest.newBuilder().setId(Fixture.ID).build();
    return new UnaryCaller<>(load, stub, BenchStub::getUser, request, Fixture.USER_BYTES);
  }

  static Caller echo(Load load, BenchStub stub) {
    Payload request = Fixture.payload(load.size);
    return new UnaryCaller<>(load, stub, BenchStub::echo, request, load.size);
  }

  @Override
  void start() {
    startNanos = System.nanoTime();
    BenchStub timed =
        load.deadline.isZero() ? stub : stub.withDeadlineAfter(load.deadline.toNanos(), TimeUnit.NANOSECONDS);
    method.call(timed, request, this);
  }

  @Override
  public void onNext(A answer) {}

  @Override
  public void onError(Throwable problem) {
    throw load.failed(problem.toString());
  }

  @Override
  public void onCompleted() {
    load.meter.roundTrip(startNanos, answerBytes);
    if (load.stopping) {
      ended.countDown();
    } else {
      start();
    }
  }
}
