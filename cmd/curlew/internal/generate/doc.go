// Package generate runs plugins over .proto files: it finds the files, reads what
// shall be generated from curlew.yaml or buf.gen.yaml, compiles, runs the plugins,
// in this process if they are Go's or Curlew's, and writes what they return.
package generate
