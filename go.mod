module github.com/curlew-rpc/curlew

go 1.26.0

require google.golang.org/protobuf v1.36.12

require (
	golang.org/x/net v0.60.0
	golang.org/x/sys v0.49.0
)

require golang.org/x/text v0.42.0 // indirect
