package curlew.bench;

import curlew.bench.v1.BenchGrpc;
import curlew.bench.v1.BenchOuterClass.GetUserRequest;
import curlew.bench.v1.BenchOuterClass.ListRequest;
import curlew.bench.v1.BenchOuterClass.Payload;
import curlew.bench.v1.BenchOuterClass.Summary;
import curlew.bench.v1.BenchOuterClass.User;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

final class BenchService extends BenchGrpc.BenchImplBase {
  @Override
  public void getUser(GetUserRequest request, StreamObserver<User> answers) {
    answers.onNext(Fixture.user(request.getId()));
    answers.onCompleted();
  }

  @Override
  public void list(ListRequest request, StreamObserver<Payload> answers) {
    ServerCallStreamObserver<Payload> call = (ServerCallStreamObserver<Payload>) answers;
    Payload message = Fixture.payload(request.getSize());
    // Without a handler, onNext throws when the client has cancelled.
    call.setOnCancelHandler(() -> {});
    call.setOnReadyHandler(
        new Runnable() {
          private int left = request.getCount() == 0 ? Integer.MAX_VALUE : request.getCount();

          @Override
          public void run() {
            while (left > 0 && call.isReady() && !call.isCancelled()) {
              call.onNext(message);
              if (request.getCount() > 0 && --left == 0) {
                call.onCompleted();
              }
            }
          }
        });
  }

  @Override
  public StreamObserver<Payload> import_(StreamObserver<Summary> answers) {
    return new StreamObserver<>() {
      private long count;
      private long bytes;

      @Override
      public void onNext(Payload message) {
        count++;
        bytes += message.getData().size();
      }

      @Override
      public void onError(Throwable cancelled) {}

      @Override
      public void onCompleted() {
        answers.onNext(Summary.newBuilder().setCount(count).setBytes(bytes).build());
        answers.onCompleted();
      }
    };
  }

  @Override
  public StreamObserver<Payload> chat(StreamObserver<Payload> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(Payload message) {
        answers.onNext(message);
      }

      @Override
      public void onError(Throwable cancelled) {}

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }

  @Override
  public void echo(Payload request, StreamObserver<Payload> answers) {
    answers.onNext(request);
    answers.onCompleted();
  }
}
