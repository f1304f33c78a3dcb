#include "callers.h"

#include <optional>

#include "fixture.h"
#include "flags.h"

namespace {

using namespace curlew::bench::v1;

// Calls a unary method again and again.
template <class Request, class Response>
class UnaryCaller : public Caller {
 public:
  using Async = Bench::StubInterface::async_interface;
  using Method = void (Async::*)(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);

  UnaryCaller(Load& load, Bench::Stub& stub, Method method, Request request, size_t answer_bytes)
      : load_(load), stub_(stub), method_(method), request_(std::move(request)), answer_bytes_(answer_bytes) {}

  void Start() override {
    context_.emplace();
    if (load_.deadline.count() != 0) {
      context_->set_deadline(std::chrono::system_clock::now() + load_.deadline);
    }
    start_ = Meter::Clock::now();
    (stub_.async()->*method_)(&*context_, &request_, &response_, [this](grpc::Status status) { Done(status); });
  }

 private:
  void Done(const grpc::Status& status) {
    if (!status.ok()) Fail(load_.mode + ": " + status.error_message());
    load_.meter.RoundTrip(start_, answer_bytes_);
    load_.stopping ? Ended() : Start();
  }

  Load& load_;
  Bench::Stub& stub_;
  const Method method_;
  const Request request_;
  const size_t answer_bytes_;
  Response response_;
  std::optional<grpc::ClientContext> context_;
  Meter::Clock::time_point start_;
};

template <class Request, class Response>
std::unique_ptr<Caller> NewUnaryCaller(Load& load, Bench::Stub& stub,
                                       typename UnaryCaller<Request, Response>::Method method, Request request,
                                       size_t answer_bytes) {
  return std::make_unique<UnaryCaller<Request, Response>>(load, stub, method, std::move(request), answer_bytes);
}

// Reads one endless server stream, and cancels it when the run stops.
class ListCaller : public Caller, grpc::ClientReadReactor<Payload> {
 public:
  ListCaller(Load& load, Bench::Stub& stub) : load_(load), stub_(stub) { request_.set_size(load.size); }

  void Start() override {
    stub_.async()->List(&context_, &request_, this);
    StartRead(&message_);
    StartCall();
  }

  void Stop() override { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    load_.meter.Message(message_.data().size());
    StartRead(&message_);
  }

  void OnDone(const grpc::Status& status) override {
    if (!load_.stopping) Fail(load_.mode + ": the stream ended: " + status.error_message());
    Ended();
  }

  Load& load_;
  Bench::Stub& stub_;
  ListRequest request_;
  Payload message_;
  grpc::ClientContext context_;
};

// Writes one client stream until the run stops, and checks that the server counted as much.
class ImportCaller : public Caller, grpc::ClientWriteReactor<Payload> {
 public:
  ImportCaller(Load& load, Bench::Stub& stub) : load_(load), stub_(stub), message_(NewPayload(load.size)) {}

  void Start() override {
    stub_.async()->Import(&context_, &summary_, this);
    StartWrite(&message_);
    StartCall();
  }

 private:
  void OnWriteDone(bool ok) override {
    if (!ok) return;
    sent_++;
    load_.meter.Message(message_.data().size());
    load_.stopping ? StartWritesDone() : StartWrite(&message_);
  }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok()) Fail(load_.mode + ": " + status.error_message());
    if (summary_.count() != sent_) {
      Fail(load_.mode + ": sent " + std::to_string(sent_) + ", the server counted " + std::to_string(summary_.count()));
    }
    Ended();
  }

  Load& load_;
  Bench::Stub& stub_;
  const Payload message_;
  Summary summary_;
  int64_t sent_ = 0;
  grpc::ClientContext context_;
};

// Plays ping-pong on one bidirectional stream.
class ChatCaller : public Caller, grpc::ClientBidiReactor<Payload, Payload> {
 public:
  ChatCaller(Load& load, Bench::Stub& stub) : load_(load), stub_(stub), ping_(NewPayload(load.size)) {}

  void Start() override {
    stub_.async()->Chat(&context_, this);
    Serve();
    StartCall();
  }

 private:
  void Serve() {
    halves_ = 2;
    start_ = Meter::Clock::now();
    StartRead(&pong_);
    StartWrite(&ping_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) HalfDone();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    load_.meter.RoundTrip(start_, pong_.data().size());
    HalfDone();
  }

  // The answer may overtake the news that the ping was written, and only one write may be under way.
  void HalfDone() {
    if (--halves_ != 0) return;
    load_.stopping ? StartWritesDone() : Serve();
  }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok() || !load_.stopping) Fail(load_.mode + ": the stream ended: " + status.error_message());
    Ended();
  }

  Load& load_;
  Bench::Stub& stub_;
  const Payload ping_;
  Payload pong_;
  std::atomic<int> halves_;
  Meter::Clock::time_point start_;
  grpc::ClientContext context_;
};

}  // namespace

std::unique_ptr<Caller> NewCaller(Load& load, Bench::Stub& stub) {
  using Async = Bench::StubInterface::async_interface;
  if (load.mode == "list" || load.mode == "download") return std::make_unique<ListCaller>(load, stub);
  if (load.mode == "import" || load.mode == "upload") return std::make_unique<ImportCaller>(load, stub);
  if (load.mode == "chat") return std::make_unique<ChatCaller>(load, stub);
  if (load.mode == "echo") {
    return NewUnaryCaller<Payload, Payload>(load, stub, &Async::Echo, NewPayload(load.size), load.size);
  }
  if (load.mode == "unary") {
    GetUserRequest request;
    request.set_id(kUserId);
    return NewUnaryCaller<GetUserRequest, User>(load, stub, &Async::GetUser, request, kUserBytes);
  }
  Fail("unknown mode " + load.mode);
}
