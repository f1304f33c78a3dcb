// The measured window: counts, a histogram of round trips, and the two lines the runner reads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

// Counts what completes between Begin and End, on any thread.
class Meter {
 public:
  using Clock = std::chrono::steady_clock;

  Meter();

  // Counts one message of `bytes`, if the window is open.
  void Message(size_t bytes);
  // Counts one round trip that began at `start` and answered `bytes`.
  void RoundTrip(Clock::time_point start, size_t bytes);

  // Opens the window and says so.
  void Begin();
  // Closes the window and prints what it saw. A failed call has ended the process by then, so there are no errors.
  void End();

 private:
  double PercentileMicros(double share) const;

  std::atomic<bool> open_{false};
  std::atomic<uint64_t> messages_{0};
  std::atomic<uint64_t> bytes_{0};
  std::vector<std::atomic<uint64_t>> round_trips_;
  Clock::time_point opened_at_;
  int64_t opened_cpu_micros_ = 0;
};
