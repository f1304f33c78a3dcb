// The services under test, from the descriptors that cmd/fixtures writes.
'use strict';

const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const definition = loader.loadFileDescriptorSetFromBuffer(fs.readFileSync(process.env.PROTOSET), {
  keepCase: true,
  longs: Number,
  defaults: true,
});
const packages = grpc.loadPackageDefinition(definition);

const maxMessage = 32 << 20; // bytes, as peerservice.MaxMessage

// The bytes of payloads: 0, 1, ... 250, 0, 1 and so on, so that a shifted or mixed
// up message is noticed.
function payload(n) {
  const b = Buffer.alloc(n);
  for (let i = 0; i < n; i++) b[i] = i % 251;
  return b;
}

module.exports = {
  TestService: packages.grpc.testing.TestService,
  UnimplementedService: packages.grpc.testing.UnimplementedService,
  PeerService: packages.curlew.interop.v1.PeerService,
  // A Failure has the fields of google.rpc.Status.
  Failure: definition['curlew.interop.v1.Failure'],
  maxMessage,
  options: {
    'grpc.max_receive_message_length': maxMessage,
    'grpc.max_send_message_length': -1,
  },
  payload,
};
