package suite

import (
	"fmt"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/compress/brotli"
	"github.com/curlew-rpc/curlew/compress/snappy"
	"github.com/curlew-rpc/curlew/compress/zstd"
	pb "github.com/curlew-rpc/curlew/interop/connectconformance/internal/gen/connectrpc/conformance/v1"
	"github.com/curlew-rpc/curlew/web"
)

// A Feature is a protocol over a version of HTTP that both sides speak.
type Feature struct {
	Protocol pb.Protocol
	Version  pb.HTTPVersion

	// Client has what a client needs besides, to speak it.
	Client []curlew.ClientOption
}

const (
	http1 = pb.HTTPVersion_HTTP_VERSION_1
	http2 = pb.HTTPVersion_HTTP_VERSION_2
	http3 = pb.HTTPVersion_HTTP_VERSION_3
)

// features are all of them; those that are tested are a matter of config.yaml.
var features = []Feature{
	{Protocol: pb.Protocol_PROTOCOL_GRPC, Version: http2, Client: speaking(web.GRPC)},
	{Protocol: pb.Protocol_PROTOCOL_GRPC, Version: http3, Client: speaking(web.GRPC)},
	{Protocol: pb.Protocol_PROTOCOL_GRPC_WEB, Version: http3, Client: speaking(web.GRPCWeb)},
	{Protocol: pb.Protocol_PROTOCOL_GRPC_WEB, Version: http2, Client: speaking(web.GRPCWeb)},
	{Protocol: pb.Protocol_PROTOCOL_GRPC_WEB, Version: http1, Client: speaking(web.GRPCWeb)},
	{Protocol: pb.Protocol_PROTOCOL_CONNECT, Version: http3, Client: speaking(web.Connect)},
	{Protocol: pb.Protocol_PROTOCOL_CONNECT, Version: http2, Client: speaking(web.Connect)},
	{Protocol: pb.Protocol_PROTOCOL_CONNECT, Version: http1, Client: speaking(web.Connect)},
}

func speaking(p web.Protocol) []curlew.ClientOption {
	return []curlew.ClientOption{web.WithProtocol(p)}
}

// Find returns the feature of that protocol and version, or an error if there is
// none.
func Find(p pb.Protocol, v pb.HTTPVersion) (*Feature, error) {
	for i := range features {
		if f := &features[i]; f.Protocol == p && f.Version == v {
			return f, nil
		}
	}
	return nil, fmt.Errorf("%v over %v is not supported", p, v)
}

// Codecs are the names of the codecs.
var Codecs = map[pb.Codec]string{
	pb.Codec_CODEC_PROTO: "proto",
	pb.Codec_CODEC_JSON:  "json",
}

// compressors are those of both sides.
var compressors = map[pb.Compression]compress.Compressor{
	pb.Compression_COMPRESSION_GZIP:    compress.Gzip(),
	pb.Compression_COMPRESSION_DEFLATE: compress.Deflate(),
	pb.Compression_COMPRESSION_ZSTD:    zstd.New(),
	pb.Compression_COMPRESSION_SNAPPY:  snappy.New(),
	pb.Compression_COMPRESSION_BR:      brotli.New(),
}

// Compressors is the option for all compressors.
func Compressors() curlew.Option {
	var all []compress.Compressor
	for c := range pb.Compression_name {
		if c, ok := compressors[pb.Compression(c)]; ok {
			all = append(all, c)
		}
	}
	return curlew.WithCompressors(all...)
}

// Compression returns the name of a compression.
func Compression(c pb.Compression) (string, error) {
	switch c {
	case pb.Compression_COMPRESSION_UNSPECIFIED, pb.Compression_COMPRESSION_IDENTITY:
		return "identity", nil
	}
	if c, ok := compressors[c]; ok {
		return c.Name(), nil
	}
	return "", fmt.Errorf("%v is not supported", c)
}
