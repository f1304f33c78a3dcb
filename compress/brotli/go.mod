module github.com/curlew-rpc/curlew/compress/brotli

go 1.26.0

require (
	github.com/andybalholm/brotli v1.2.6
	github.com/curlew-rpc/curlew v0.0.0
)

require (
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/time v0.16.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/curlew-rpc/curlew => ../..
