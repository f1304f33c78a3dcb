#include "meter.h"

#include <sys/resource.h>

#include <cmath>
#include <cstdio>

namespace {

// 128 buckets for every power of two: a percentile is off by 0.4 % at most.
constexpr int kSubBits = 7;
constexpr uint64_t kExact = 2 << kSubBits;
constexpr size_t kBuckets = (64 - kSubBits + 1) << kSubBits;
constexpr auto kRelaxed = std::memory_order_relaxed;

size_t Bucket(uint64_t nanos) {
  if (nanos < kExact) return nanos;
  int shift = 63 - __builtin_clzll(nanos) - kSubBits;
  return (static_cast<size_t>(shift) << kSubBits) + (nanos >> shift);
}

double Middle(size_t index) {
  if (index < kExact) return index;
  int shift = (index >> kSubBits) - 1;
  uint64_t low = (index - (static_cast<uint64_t>(shift) << kSubBits)) << shift;
  return low + (uint64_t{1} << shift) / 2.0;
}

// User and system time of this process.
int64_t CpuMicros() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto micros = [](const timeval& time) { return time.tv_sec * int64_t{1000000} + time.tv_usec; };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

}  // namespace

Meter::Meter() : round_trips_(kBuckets) {}

void Meter::Message(size_t bytes) {
  if (!open_.load(kRelaxed)) return;
  messages_.fetch_add(1, kRelaxed);
  bytes_.fetch_add(bytes, kRelaxed);
}

void Meter::RoundTrip(Clock::time_point start, size_t bytes) {
  if (!open_.load(kRelaxed)) return;
  Message(bytes);
  auto nanos = std::chrono::nanoseconds(Clock::now() - start).count();
  round_trips_[Bucket(nanos)].fetch_add(1, kRelaxed);
}

void Meter::Begin() {
  opened_at_ = Clock::now();
  opened_cpu_micros_ = CpuMicros();
  open_.store(true, kRelaxed);
  std::puts("{\"event\":\"begin\"}");
  std::fflush(stdout);
}

void Meter::End() {
  open_.store(false, kRelaxed);
  std::chrono::duration<double> seconds = Clock::now() - opened_at_;
  long cpu = CpuMicros() - opened_cpu_micros_;
  std::printf(
      "{\"event\":\"end\",\"messages\":%lu,\"errors\":0,\"bytes\":%lu,\"seconds\":%.6f,\"cpu_us\":%ld,"
      "\"p50_us\":%.3f,\"p99_us\":%.3f,\"p999_us\":%.3f}\n",
      messages_.load(kRelaxed), bytes_.load(kRelaxed), seconds.count(), cpu, PercentileMicros(0.5),
      PercentileMicros(0.99), PercentileMicros(0.999));
  std::fflush(stdout);
}

double Meter::PercentileMicros(double share) const {
  uint64_t total = 0, seen = 0;
  for (auto& count : round_trips_) total += count.load(kRelaxed);
  if (total == 0) return 0;
  uint64_t rank = std::ceil(share * total);
  size_t index = 0;
  while (index < kBuckets - 1 && (seen += round_trips_[index].load(kRelaxed)) < rank) index++;
  return Middle(index) / 1e3;
}
