// The bench's C++ gRPC server, on the callback API.

#include <grpcpp/grpcpp.h>

#include "bench.grpc.pb.h"
#include "fixture.h"
#include "flags.h"
#include "message_limit.h"

namespace {

using namespace curlew::bench::v1;

// Writes one message again and again; zero asked for means until the client goes.
class ListReactor : public grpc::ServerWriteReactor<Payload> {
 public:
  explicit ListReactor(const ListRequest& request)
      : message_(NewPayload(request.size())), endless_(request.count() == 0), left_(request.count()) {
    Next();
  }

 private:
  void Next() {
    if (!endless_ && left_-- == 0) {
      Finish(grpc::Status::OK);
    } else {
      StartWrite(&message_);
    }
  }

  void OnWriteDone(bool ok) override { ok ? Next() : Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

  const Payload message_;
  const bool endless_;
  int left_;
};

// Counts what the client streams.
class ImportReactor : public grpc::ServerReadReactor<Payload> {
 public:
  explicit ImportReactor(Summary* summary) : summary_(summary) { StartRead(&message_); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    summary_->set_count(summary_->count() + 1);
    summary_->set_bytes(summary_->bytes() + message_.data().size());
    StartRead(&message_);
  }

  void OnDone() override { delete this; }

  Summary* const summary_;
  Payload message_;
};

// Sends every message back before it reads the next.
class ChatReactor : public grpc::ServerBidiReactor<Payload, Payload> {
 public:
  ChatReactor() { StartRead(&message_); }

 private:
  void OnReadDone(bool ok) override { ok ? StartWrite(&message_) : Finish(grpc::Status::OK); }
  void OnWriteDone(bool ok) override { ok ? StartRead(&message_) : Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

  Payload message_;
};

class BenchService final : public Bench::CallbackService {
  grpc::ServerUnaryReactor* GetUser(grpc::CallbackServerContext* context, const GetUserRequest* request,
                                    User* user) override {
    FillUser(request->id(), user);
    return Finished(context);
  }

  grpc::ServerWriteReactor<Payload>* List(grpc::CallbackServerContext*, const ListRequest* request) override {
    return new ListReactor(*request);
  }

  grpc::ServerReadReactor<Payload>* Import(grpc::CallbackServerContext*, Summary* summary) override {
    return new ImportReactor(summary);
  }

  grpc::ServerBidiReactor<Payload, Payload>* Chat(grpc::CallbackServerContext*) override { return new ChatReactor(); }

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const Payload* request,
                                 Payload* answer) override {
    answer->set_data(request->data());
    return Finished(context);
  }

  static grpc::ServerUnaryReactor* Finished(grpc::CallbackServerContext* context) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main(int argc, char** argv) {
  Flags flags(argc, argv, {"addr", "cert", "key"});
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (std::string cert = flags.String("cert", ""); !cert.empty()) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({ReadFile(flags.String("key", "")), ReadFile(cert)});
    credentials = grpc::SslServerCredentials(options);
  }
  BenchService service;
  std::string address = flags.String("addr", "");
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, credentials);
  builder.SetMaxReceiveMessageSize(kMessageLimit);
  builder.RegisterService(&service);
  auto server = builder.BuildAndStart();
  if (server == nullptr) Fail("cannot serve on " + address);
  server->Wait();
}
