// The bench's C++ gRPC client, on the callback API.

#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <thread>

#include "callers.h"
#include "flags.h"
#include "message_limit.h"

namespace {

using curlew::bench::v1::Bench;

std::vector<std::unique_ptr<Bench::Stub>> Connect(const Flags& flags) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (std::string ca = flags.String("ca", ""); !ca.empty()) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ReadFile(ca);
    credentials = grpc::SslCredentials(options);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageLimit);
  // Without it equal channels share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::vector<std::unique_ptr<Bench::Stub>> stubs;
  for (long i = 0; i < flags.Number("conns", 1); i++) {
    auto channel = grpc::CreateCustomChannel(flags.String("addr", ""), credentials, arguments);
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
      Fail("cannot connect to " + flags.String("addr", ""));
    }
    stubs.push_back(Bench::NewStub(channel));
  }
  return stubs;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  Flags flags(argc, argv, {"addr", "mode", "conns", "inflight", "size", "warmup", "time", "ca", "deadline"});
  auto stubs = Connect(flags);
  Load load;
  load.mode = flags.String("mode", "unary");
  load.size = flags.Number("size", 112);
  load.deadline = flags.Duration("deadline", 0ns);

  std::vector<std::unique_ptr<Caller>> callers;
  for (long i = 0; i < flags.Number("inflight", 1); i++) {
    callers.push_back(NewCaller(load, *stubs[i % stubs.size()]));
  }
  for (auto& caller : callers) caller->Start();
  std::this_thread::sleep_for(flags.Duration("warmup", 500ms));
  load.meter.Begin();
  std::this_thread::sleep_for(flags.Duration("time", 2s));
  load.meter.End();

  load.stopping = true;
  for (auto& caller : callers) caller->Stop();
  for (auto& caller : callers) {
    if (!caller->WaitUntilEnded(10s)) Fail(load.mode + ": a call did not end");
  }
  // The last callbacks may still be on their way back into gRPC: run no destructors under them.
  std::quick_exit(0);
}
