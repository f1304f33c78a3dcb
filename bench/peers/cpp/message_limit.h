#pragma once

// Above the 1 MiB messages of the bench and gRPC's default of 4 MiB; the same on both sides of every stack.
constexpr int kMessageLimit = 128 << 20;
