import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// Makes one script of the clients, which is run in pages of the server's.
export default defineConfig({
  resolve: {
    alias: { "@curlew-rpc/connect-websocket": here("../../web/ts/src/index.ts") },
    dedupe: ["@bufbuild/protobuf", "@connectrpc/connect"],
  },
  build: {
    outDir: here("build"),
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    lib: { entry: here("clients/index.ts"), name: "clients", formats: ["iife"], fileName: () => "clients.js" },
  },
});
