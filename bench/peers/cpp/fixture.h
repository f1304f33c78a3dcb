// The messages every stack of the bench sends, byte for byte the same.
#pragma once

#include "bench.pb.h"

// The user that clients ask for, and what a user takes on the wire.
constexpr int64_t kUserId = 1;
constexpr size_t kUserBytes = 112;

void FillUser(int64_t id, curlew::bench::v1::User* user);

curlew::bench::v1::Payload NewPayload(size_t size);
