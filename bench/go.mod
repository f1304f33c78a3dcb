module github.com/curlew-rpc/curlew/bench

go 1.26.0

require (
	connectrpc.com/connect v1.21.1
	github.com/curlew-rpc/curlew v0.0.0
	golang.org/x/sys v0.49.0
	google.golang.org/protobuf v1.36.12
)

replace github.com/curlew-rpc/curlew => ../
