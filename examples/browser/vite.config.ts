import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// While you develop, calls go on to a server of their own: curlew demo --addr 127.0.0.1:8080.
const server = process.env["CURLEW"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  // The built page needs no indentation.
  plugins: [{ name: "outdent", transformIndexHtml: (html) => html.replace(/\n\s+/g, "\n") }],
  resolve: {
    // A page of yours installs this package; here it is built from its sources.
    alias: { "@curlew-rpc/connect-websocket": here("../../web/ts/src/index.ts") },
    dedupe: ["@bufbuild/protobuf", "@connectrpc/connect"],
  },
  build: {
    outDir: process.env["OUT"] ?? here("../../cmd/curlew/internal/demo/page/dist"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      // The same names at every build: the files are committed.
      output: {
        entryFileNames: "assets/app.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
  server: {
    proxy: {
      "^/demo\\.": { target: server, ws: true },
      "/v1": server,
    },
  },
});
