import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { decodeEnvelope, encodeEnvelope, halfClose } from "../src/envelope.js";
import { closedEarly } from "../src/error.js";
import { openingMessage, parseHeader } from "../src/header.js";
import { socketURL } from "../src/socket.js";

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

test("envelopes", async (t) => {
  const good: [name: string, hex: string, end: boolean, data: string][] = [
    ["an empty message", "00 00000000", false, ""],
    ["a message", "00 00000003 616263", false, "616263"],
    ["an end", "02 00000002 7b7d", true, "7b7d"],
    ["an empty end", "02 00000000", true, ""],
  ];
  for (const [name, hex, end, data] of good) {
    await t.test(name, () => {
      const got = decodeEnvelope(bytes(hex).buffer);
      assert.deepEqual({ end: got.end, data: Buffer.from(got.data).toString("hex") }, { end, data });
      assert.deepEqual(encodeEnvelope(got), bytes(hex));
    });
  }
  const bad: [name: string, hex: string, message: string][] = [
    ["nothing", "", "a binary message of 0 bytes is no envelope"],
    ["a part of the head", "00 000000", "a binary message of 4 bytes is no envelope"],
    ["a compressed message", "01 00000000", "an envelope has the flags 0x01"],
    ["a compressed end", "03 00000000", "an envelope has the flags 0x03"],
    ["gRPC-Web's trailers", "80 00000000", "an envelope has the flags 0x80"],
    ["too little", "00 00000002 61", "an envelope of 2 bytes is in a message with 1"],
    ["too much", "00 00000001 6162", "an envelope of 1 bytes is in a message with 2"],
    ["two of them", "00 00000000 00 00000000", "an envelope of 0 bytes is in a message with 5"],
    ["a length above 2^31", "00 ffffffff 61", "an envelope of 4294967295 bytes is in a message with 1"],
  ];
  for (const [name, hex, message] of bad) {
    await t.test(name, () => {
      assert.throws(() => decodeEnvelope(bytes(hex).buffer), {
        code: Code.Internal,
        rawMessage: `protocol error: ${message}`,
      });
    });
  }
  await t.test("the half-close", () => assert.deepEqual(halfClose, bytes("02 00000002 7b7d")));
});

test("opening messages", async (t) => {
  const cases: [name: string, header: [string, string][], want: unknown][] = [
    ["nothing", [], {}],
    ["a field", [["X-A", "b"]], { header: { "x-a": ["b"] } }],
    ["a field twice", [["x-a", "b"], ["x-a", "c"]], { header: { "x-a": ["b, c"] } }],
    ["a binary field twice", [["x-bin", "AAE"], ["x-bin", "Ag"]], { header: { "x-bin": ["AAE", "Ag"] } }],
    ["a timeout", [["connect-timeout-ms", "1500"]], { timeoutMs: 1500 }],
    ["a part of a millisecond", [["connect-timeout-ms", "0.2"]], { timeoutMs: 1 }],
    ["the longest timeout", [["connect-timeout-ms", "9999999999"]], { timeoutMs: 9999999999 }],
    ["a timeout too long to say", [["connect-timeout-ms", "10000000000"]], {}],
    ["an infinite timeout", [["connect-timeout-ms", "Infinity"]], {}],
    ["no number", [["connect-timeout-ms", "soon"]], {}],
    [
      "what HTTP needs",
      [
        ["content-type", "application/json"],
        ["connect-protocol-version", "1"],
        ["accept-encoding", "gzip"],
        ["connect-accept-encoding", "gzip"],
        ["x-a", "b"],
      ],
      { header: { "x-a": ["b"] } },
    ],
  ];
  for (const [name, header, want] of cases) {
    await t.test(name, () => assert.deepEqual(JSON.parse(openingMessage(new Headers(header))), want));
  }
});

test("headers of answers", async (t) => {
  const good: [name: string, message: string, want: [string, string][]][] = [
    ["nothing", "{}", []],
    ["an empty header", '{"header":{}}', []],
    ["null", '{"header":null}', []],
    ["fields", '{"header":{"X-A":["b","c"],"x-d":["e"]}}', [["x-a", "b, c"], ["x-d", "e"]]],
    ["a field without values", '{"header":{"x-a":[]}}', []],
    ["something new", '{"later":1,"header":{"x-a":["b"]}}', [["x-a", "b"]]],
  ];
  for (const [name, message, want] of good) {
    await t.test(name, () => assert.deepEqual([...parseHeader(message)], want));
  }
  const bad: [name: string, message: string, want: string][] = [
    ["no text", "", "the first message is not JSON"],
    ["half of JSON", '{"header":', "the first message is not JSON"],
    ["an array", "[]", "the first message is not an object"],
    ["null", "null", "the first message is not an object"],
    ["a header in an array", '{"header":[]}', "the header is not an object"],
    ["a header that is text", '{"header":"x"}', "the header is not an object"],
    ["a value without an array", '{"header":{"a":"b"}}', 'the values of the header "a" are not strings'],
    ["a number", '{"header":{"a":[1]}}', 'the values of the header "a" are not strings'],
    ["a name with a space", '{"header":{"a b":["c"]}}', 'the header "a b" is not valid'],
    ["an empty name", '{"header":{"":["c"]}}', 'the header "" is not valid'],
    ["a line break", '{"header":{"a":["b\\nc"]}}', 'the header "a" is not valid'],
  ];
  for (const [name, message, want] of bad) {
    await t.test(name, () => {
      assert.throws(() => parseHeader(message), { code: Code.Internal, rawMessage: `protocol error: ${want}` });
    });
  }
});

test("URLs", async (t) => {
  const good: [url: string, binary: boolean, want: string][] = [
    ["http://a.example/p.S/M", false, "ws://a.example/p.S/M?encoding=json"],
    ["https://a.example:8443/x/p.S/M", true, "wss://a.example:8443/x/p.S/M?encoding=proto"],
    ["ws://a.example/p.S/M#x", true, "ws://a.example/p.S/M?encoding=proto"],
    ["wss://a.example/p.S/M?k=1", false, "wss://a.example/p.S/M?k=1&encoding=json"],
  ];
  for (const [url, binary, want] of good) {
    await t.test(url, () => assert.equal(socketURL(url, binary), want));
  }
  for (const url of ["/p.S/M", "ftp://a.example/p.S/M", "p.S/M", ""]) {
    await t.test(`${url}, outside of a page`, () => assert.throws(() => socketURL(url, false), TypeError));
  }
});

test("statuses of closing", async (t) => {
  const cases: [status: number, want: Code][] = [
    [1000, Code.Unavailable],
    [1001, Code.Unavailable],
    [1002, Code.Internal],
    [1003, Code.Internal],
    [1005, Code.Unavailable],
    [1006, Code.Unavailable],
    [1007, Code.Internal],
    [1008, Code.PermissionDenied],
    [1009, Code.ResourceExhausted],
    [1011, Code.Unavailable],
    [1013, Code.Unavailable],
    [4000, Code.Unavailable],
  ];
  for (const [status, want] of cases) {
    await t.test(`${status}`, () => {
      const error = closedEarly(status, "because");
      assert.ok(error instanceof ConnectError);
      assert.equal(error.code, want);
      assert.match(error.message, new RegExp(`status ${status}, because$`));
    });
  }
});
