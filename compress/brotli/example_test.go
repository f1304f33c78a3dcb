package brotli_test

import (
	"fmt"
	"strings"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/compress"
	"github.com/curlew-rpc/curlew/compress/brotli"
)

// A server takes and sends br if its clients do; a client sends it if it is told to.
func ExampleNew() {
	compressors := curlew.WithCompressors(compress.Gzip(), brotli.New())
	srv := curlew.NewServer(compressors)
	defer srv.Close()
	client, err := curlew.NewClient("users.internal:8080", compressors,
		curlew.WithCallOptions(curlew.Compression("br")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	packed, err := brotli.New().Compress(nil, []byte(strings.Repeat("curlew ", 1000)))
	fmt.Println(len(packed) < 1000, err)
	// Output: true <nil>
}
