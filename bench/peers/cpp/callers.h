// What keeps calls in flight: one Caller holds one unary call or one stream at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "bench.grpc.pb.h"
#include "meter.h"

// What all callers of a run share.
struct Load {
  std::string mode;
  size_t size;
  std::chrono::nanoseconds deadline;
  Meter meter;
  std::atomic<bool> stopping{false};
};

class Caller {
 public:
  virtual ~Caller() = default;

  // Makes the first call; the caller then goes on until load.stopping.
  virtual void Start() = 0;
  // Ends what would not end by itself; load.stopping is set before.
  virtual void Stop() {}

  bool WaitUntilEnded(std::chrono::seconds limit) {
    return ended_.get_future().wait_for(limit) == std::future_status::ready;
  }

 protected:
  void Ended() { ended_.set_value(); }

 private:
  std::promise<void> ended_;
};

std::unique_ptr<Caller> NewCaller(Load& load, curlew::bench::v1::Bench::Stub& stub);
