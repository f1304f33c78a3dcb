package curlew.bench;

import com.google.protobuf.ByteString;
import curlew.bench.v1.BenchOuterClass.Payload;
import curlew.bench.v1.BenchOuterClass.User;
import java.util.Arrays;

/** The messages every stack of the bench sends, byte for byte the same. */
final class Fixture {
  private Fixture() {}

  /** The user that clients ask for. */
  static final long ID = 1;

  /** What a user takes on the wire. */
  static final int USER_BYTES = 112;

  static User user(long id) {
    return User.newBuilder()
        .setId(id)
        .setName("Ada Lovelace")
        .setEmail("ada.lovelace@example.com")
        .setBio("Wrote a program before the machine was there.")
        .addTags("math")
        .addTags("engines")
        .addTags("poetry")
        .build();
  }

  static Payload payload(int size) {
    byte[] data = new byte[size];
    Arrays.fill(data, (byte) 'x');
    return Payload.newBuilder().setData(ByteString.copyFrom(data)).build();
  }
}
