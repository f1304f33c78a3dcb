package curlew.bench;

import curlew.bench.v1.BenchGrpc;
import curlew.bench.v1.BenchGrpc.BenchStub;
import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityState;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The bench's grpc-java client, on the asynchronous stub. */
public final class Client {
  private Client() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Flags flags =
        new Flags(
            args,
            Set.of("addr", "mode", "conns", "inflight", "size", "warmup", "time", "ca", "deadline"));
    Load load = new Load(flags);
    List<BenchStub> stubs = connect(flags);
    List<Caller> callers = new ArrayList<>();
    for (int i = 0; i < flags.number("inflight", 1); i++) {
      callers.add(Caller.of(load, stubs.get(i % stubs.size())));
    }
    callers.forEach(Caller::start);
    Thread.sleep(flags.duration("warmup", Duration.ofMillis(500)).toMillis());
    load.meter.begin();
    Thread.sleep(flags.duration("time", Duration.ofSeconds(2)).toMillis());
    load.meter.end();

    load.stopping = true;
    callers.forEach(Caller::stop);
    for (Caller caller : callers) {
      if (!caller.ended.await(10, TimeUnit.SECONDS)) {
        throw load.failed("a call did not end");
      }
    }
    // The channels' threads are daemons or idle by now: nothing is left to wait for.
    Runtime.getRuntime().halt(0);
  }

  /** Makes one channel, and so one connection, for each of -conns. */
  private static List<BenchStub> connect(Flags flags) throws IOException, InterruptedException {
    ChannelCredentials credentials =
        flags.has("ca")
            ? TlsChannelCredentials.newBuilder().trustManager(new File(flags.string("ca", ""))).build()
            : InsecureChannelCredentials.create();
    Executor executor = Setup.executor();
    List<BenchStub> stubs = new ArrayList<>();
    for (int i = 0; i < flags.number("conns", 1); i++) {
      ManagedChannel channel =
          Grpc.newChannelBuilder(flags.string("addr", ""), credentials)
              .maxInboundMessageSize(Setup.MESSAGE_BYTES)
              .executor(executor)
              .build();
      waitUntilReady(channel);
      stubs.add(BenchGrpc.newStub(channel));
    }
    return stubs;
  }

  private static void waitUntilReady(ManagedChannel channel) throws InterruptedException {
    ConnectivityState state = channel.getState(true);
    while (state != ConnectivityState.READY) {
      if (state == ConnectivityState.TRANSIENT_FAILURE) {
        throw Failure.of("cannot connect to " + channel.authority());
      }
      CountDownLatch changed = new CountDownLatch(1);
      channel.notifyWhenStateChanged(state, changed::countDown);
      changed.await();
      state = channel.getState(true);
    }
  }
}
