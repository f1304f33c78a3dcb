module github.com/curlew-rpc/curlew

go 1.26.0

require google.golang.org/protobuf v1.36.12

require (
	golang.org/x/sys v0.49.0
	golang.org/x/time v0.16.0
)
