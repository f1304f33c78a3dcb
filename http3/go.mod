module github.com/curlew-rpc/curlew/http3

go 1.26.0

require (
	github.com/curlew-rpc/curlew v0.0.0
	github.com/quic-go/quic-go v0.65.0
	golang.org/x/time v0.16.0
	google.golang.org/protobuf v1.36.12
)

require (
	github.com/quic-go/qpack v0.6.0 // indirect
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/net v0.56.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.40.0 // indirect
)

replace github.com/curlew-rpc/curlew => ..
