package curlew.bench;

import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The bench's grpc-java server. */
public final class Server {
  /** Held, because the log manager's own references are weak. */
  private static final Logger LOGGER = Logger.getLogger("io.grpc");

  private Server() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Flags flags = new Flags(args, Set.of("addr", "cert", "key"));
    // A load that goes away with calls in flight would have each of them logged with its stack.
    LOGGER.setLevel(Level.OFF);
    ServerCredentials credentials =
        flags.has("cert")
            ? TlsServerCredentials.create(
                new File(flags.string("cert", "")), new File(flags.string("key", "")))
            : InsecureServerCredentials.create();
    String[] address = flags.string("addr", "127.0.0.1:0").split(":");
    NettyServerBuilder.forAddress(
            new InetSocketAddress(address[0], Integer.parseInt(address[1])), credentials)
        .addService(new BenchService())
        .maxInboundMessageSize(Setup.MESSAGE_BYTES)
        .executor(Setup.executor())
        .build()
        .start()
        .awaitTermination();
  }
}
