module github.com/curlew-rpc/curlew/compress/snappy

go 1.26.0

require (
	github.com/curlew-rpc/curlew v0.0.0
	github.com/klauspost/compress v1.20.3
)

require (
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/time v0.16.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/curlew-rpc/curlew => ../..
