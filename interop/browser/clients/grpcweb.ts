import { create, fromBinary, toBinary, type DescMessage, type DescMethod, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { GrpcWebClientBase, MethodDescriptor, MethodType, RpcError, StatusCode } from "grpc-web";
import { Orders, Speed, State } from "../../../examples/browser/src/gen/demo/orders/v1/orders_pb";
import { equal, failure } from "./check";
import { delivered, type Case } from "./connect";

// What its own generator makes for each method. That takes code for google-protobuf's
// messages, but the client asks only for functions from and to bytes.
function descriptor<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { input: I; output: O },
  name: string = method.name,
) {
  const type = method.methodKind === "unary" ? MethodType.UNARY : MethodType.SERVER_STREAMING;
  return new MethodDescriptor<MessageInitShape<I>, MessageShape<O>>(
    `/${method.parent.typeName}/${name}`,
    type,
    Object as never,
    Object as never,
    (init: MessageInitShape<I>) => toBinary(method.input, create(method.input, init)),
    (bytes: Uint8Array) => fromBinary(method.output, bytes),
  );
}

const { createOrder, getOrder, watchOrder } = Orders.method;

/** Returns the cases of the official client for gRPC-Web. */
export function grpcWebCases(format: "binary" | "text"): Record<string, Case> {
  const name = `grpc-web, ${format}`;
  const client = new GrpcWebClientBase({ format });

  function unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    request: MessageInitShape<I>,
    metadata: Record<string, string> = {},
    methodName: string = method.name,
  ): Promise<MessageShape<O>> {
    const path = `${location.origin}/${method.parent.typeName}/${methodName}`;
    return client.unaryCall(path, request, metadata, descriptor(method, methodName));
  }

  function watch(id: number, metadata: Record<string, string>, tell: (state: State, cancel: () => void) => void): Promise<void> {
    const path = `${location.origin}/${Orders.typeName}/${watchOrder.name}`;
    const stream = client.serverStreaming(path, { id }, metadata, descriptor(watchOrder));
    return new Promise((resolve, reject) => {
      stream.on("data", ({ state }) => tell(state, () => (stream.cancel(), resolve())));
      stream.on("error", reject);
      stream.on("end", resolve);
    });
  }

  const codeOf = async (call: Promise<unknown>) => {
    const error = await failure(call);
    if (!(error instanceof RpcError)) {
      throw error;
    }
    return { code: error.code, message: error.message, metadata: error.metadata };
  };

  return {
    async [`${name}: unary`]() {
      const { id } = await unary(createOrder, { item: "tent ⛺", quantity: 2 });
      const { item, quantity } = await unary(getOrder, { id });
      equal({ item, quantity }, { item: "tent ⛺", quantity: 2 });
    },

    async [`${name}: many at once`]() {
      const { id } = await unary(createOrder, { item: "map", quantity: 1, speed: Speed.EXPRESS });
      const all = await Promise.all(Array.from({ length: 50 }, () => unary(getOrder, { id })));
      equal(all.map((order) => order.id), Array(50).fill(id));
    },

    async [`${name}: server streaming`]() {
      const { id } = await unary(createOrder, { item: "cup", quantity: 1, speed: Speed.EXPRESS });
      const states: State[] = [];
      await watch(id, {}, (state) => states.push(state));
      equal(states, delivered);
    },

    async [`${name}: an error with details`]() {
      const { code, message, metadata } = await codeOf(unary(getOrder, { id: 0 }));
      equal([code, message], [StatusCode.NOT_FOUND, "no order 0"]);
      const status = new TextDecoder().decode(base64Decode(metadata["grpc-status-details-bin"] ?? ""));
      equal(status.includes("type.googleapis.com/google.rpc.ResourceInfo"), true, "the details are there:");
    },

    async [`${name}: an error of a stream`]() {
      const { code, message } = await codeOf(watch(999_999_999, {}, () => {}));
      equal([code, message], [StatusCode.NOT_FOUND, "no order 999999999"]);
    },

    async [`${name}: a deadline`]() {
      const { id } = await unary(createOrder, { item: "rope", quantity: 1 });
      const states: State[] = [];
      const { code } = await codeOf(watch(id, { deadline: String(Date.now() + 1000) }, (state) => states.push(state)));
      equal([code, states], [StatusCode.DEADLINE_EXCEEDED, [State.PLACED]]);
    },

    // The binary format has this client tell of messages when the stream has ended.
    ...(format === "text" && {
      async [`${name}: cancelled`]() {
        const { id } = await unary(createOrder, { item: "hat", quantity: 1 });
        const states: State[] = [];
        await watch(id, {}, (state, cancel) => {
          states.push(state);
          cancel();
        });
        equal(states, [State.PLACED]);
      },
    }),

    async [`${name}: no such method`]() {
      equal((await codeOf(unary(getOrder, {}, {}, "None"))).code, StatusCode.UNIMPLEMENTED);
    },
  };
}
